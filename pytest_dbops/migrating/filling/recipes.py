"""What rows to make of a table: ordinary ones, boundary values, NULL, a duplicate, defaults."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.rows import PlannedRow, Row
from pytest_dbops.migrating.filling.shapes import ColumnShape, TableShape
from pytest_dbops.migrating.filling.values import NULL, OMITTED, Value

KNOT_ROWS = 3
"""Rows of each table of a circle that only goes in together, and of any table where only ordinary ones are wanted."""

_MOST_BOUNDARY_ROWS = 40


class Breadth(Enum):
    """How far from the ordinary rows may go.

    ORDINARY: ordinary values alone, to tell whether it is an unusual row that something fails on. PLAIN: also NULL,
    duplicates, labels. USUAL: also boundary values that Python has. EVERYTHING: also infinity, years before Christ
    and what is not a number, which drivers may not be able to read.
    """

    ORDINARY = "ordinary"
    PLAIN = "plain"
    USUAL = "usual"
    EVERYTHING = "everything"


@frozen
class Recipe:
    """What a row is to be like; ``edge`` numbers the boundary rows."""

    number: int
    purpose: str
    shape: TableShape
    breadth: Breadth
    edge: int = 0

    def wishes(self, rows: Sequence[PlannedRow]) -> Row | None:
        """Return the values the row should have, ``None`` when there is no use for it."""
        columns = self.shape.columns
        if self.purpose == "NULL":
            return {each.name: NULL for each in columns if each.may_be_null} or None
        if self.purpose == "defaults":
            return {each.name: OMITTED for each in columns if each.has_default} or None
        if self.purpose == "twin":
            return twin_of(self.shape, rows[0].values) if rows else None
        wishes = {}
        if self.purpose == "boundary":
            for each in columns:
                edges = edges_of(each, self.shape, self.breadth)
                if edges:
                    wishes[each.name] = edges[self.edge % len(edges)]
        return wishes


def recipes_of(shape: TableShape, breadth: Breadth, start: int, *, is_knot: bool) -> Iterator[Recipe]:
    """Yield what rows to make: ordinary ones first, so that something is there whatever becomes of the rest."""
    if is_knot or breadth is Breadth.ORDINARY:
        for number in range(KNOT_ROWS):
            yield Recipe(start + number, "plain", shape, breadth)
        return
    longest = max((len(edges_of(column, shape, breadth)) for column in shape.columns), default=0)
    purposes = ["plain", "plain", *(["boundary"] * min(longest, _MOST_BOUNDARY_ROWS)), "NULL", "twin", "defaults"]
    edge = -1
    for number, purpose in enumerate(purposes):
        edge += purpose == "boundary"
        yield Recipe(start + number, purpose, shape, breadth, max(edge, 0))


def edges_of(column: ColumnShape, shape: TableShape, breadth: Breadth) -> Sequence[Value]:
    """Return the boundary values of a column; one that refers elsewhere has those of its target."""
    family = column.family
    if family is None or column.is_plain_only or any(column.name in each.columns for each in shape.references):
        return ()
    if breadth is Breadth.ORDINARY:
        return ()
    if breadth is Breadth.PLAIN:
        return family.edges if family.is_labels else ()
    return [value for value in family.edges if breadth is Breadth.EVERYTHING or not value.is_exotic]


def twin_of(shape: TableShape, row: Row) -> Row | None:
    """Return a row's values where no unique rule forbids them again, ``None`` where there is none of its own."""
    unique = {name for rule in shape.uniques for name in rule.columns}
    unique |= {column.name for column in shape.columns if column.is_plain_only}
    again = {name: value for name, value in row.items() if name not in unique}
    return again or None
