"""Find values for one row that keep every rule that can be read, wishes first; bounded backtracking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from decimal import localcontext
from types import MappingProxyType

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.candidates import candidates
from pytest_dbops.migrating.filling.conditions.evaluate import holds
from pytest_dbops.migrating.filling.conditions.nodes import Datum
from pytest_dbops.migrating.filling.families import EXACT
from pytest_dbops.migrating.filling.parts import Part
from pytest_dbops.migrating.filling.rows import (
    Pool,
    Pools,
    Row,
    default_of,
    is_known,
    nothing,
    pointed,
    refers,
)
from pytest_dbops.migrating.filling.shapes import ColumnShape, Reference, TableName, TableShape
from pytest_dbops.migrating.filling.values import OMITTED, Value

NOTHING: Row = MappingProxyType({})
"""No values at all."""

Promised = Mapping[TableName, Sequence[Row]]
"""Rows of tables in the same circle that are not there yet, but will be: their keys."""

_ROWS_A_TARGET = 3
"""Rows in succession that refer to one target: more of them have targets that belong together."""

_PATIENCE = 3_000
"""Values tried for one part of a row: about 50 ms."""


@frozen
class Wanted:
    """What a row should be like.

    ``number`` picks ordinary values and targets; ``wishes`` are tried first, then what ``anchor`` has, a row that the
    table took before.
    """

    number: int
    wishes: Row
    anchor: Row = field(default_factory=lambda: NOTHING)


def find_row(shape: TableShape, wanted: Wanted, pools: Pools, promised: Promised) -> Row | None:
    """Return a row for the table's pool, ``None`` when there is none within the bounds of the search."""
    row: dict[str, Value] = {}
    with localcontext(EXACT):
        for part in pools[shape.key].parts:
            search = _Search(shape, part, wanted, pools, promised)
            if not search.extend(0):
                return None
            row.update(search.row)
    return {column.name: row[column.name] for column in shape.columns}


class _Search:
    """The search over one part: columns that have nothing to do with the others of the table."""

    def __init__(self, shape: TableShape, part: Part, wanted: Wanted, pools: Pools, promised: Promised) -> None:
        self.shape, self.part, self.wanted = shape, part, wanted
        self.pools, self.promised = pools, promised
        self.pool = pools[shape.key]
        self.row: dict[str, Value] = {}
        self.datums: dict[str, Datum] = {}
        self.left = _PATIENCE

    def extend(self, place: int) -> bool:
        """Decide the steps from ``place`` on; on success the row is complete."""
        if place == len(self.part.steps):
            return True
        for more in self._options(self.part.steps[place]):
            self.left -= 1
            if self.left < 0:
                return False
            added = [name for name in more if name not in self.row]
            self._set(more, added)
            if self._is_kept(added) and self.extend(place + 1):
                return True
            for name in added:
                del self.row[name], self.datums[name]
        return False

    def _set(self, more: Row, added: Sequence[str]) -> None:
        for name in added:
            value = more[name]
            self.row[name] = value
            self.datums[name] = default_of(name, self.shape) if value is OMITTED else value.datum

    def _is_kept(self, added: Sequence[str]) -> bool:
        touched = set(added)
        for check in self.part.checks:
            if check.columns & touched and check.columns <= self.row.keys() and not holds(check.node, self.datums):
                return False
        for number in self.part.uniques:
            columns = self.shape.uniques[number].columns
            if columns & touched and columns <= self.row.keys() and not self.pool.takes(number, self.row, self.datums):
                return False
        return True

    def _options(self, step: ColumnShape | Reference | str) -> Iterator[Row]:
        if isinstance(step, str):
            yield from self._choices()
        elif isinstance(step, Reference):
            yield from self._targets(step)
        elif step.name in self.row:
            yield {}
        else:
            taken = set[object]()
            for value in candidates(step, self.shape, self.wanted.number, self._preferred(step), self.datums):
                mark = (value.literal, value.identity)
                if mark not in taken:
                    taken.add(mark)
                    yield {step.name: value}

    def _preferred(self, column: ColumnShape) -> Sequence[Value]:
        return [row[column.name] for row in (self.wanted.wishes, self.wanted.anchor) if column.name in row]

    def _choices(self) -> Iterator[Row]:
        choices = _rotated(self.shape.choices, self.wanted.number)
        if not self.shape.is_closed:
            yield {}
        for choice in choices:
            if _fits(choice, self.row):
                yield choice

    def _targets(self, reference: Reference) -> Iterator[Row]:
        if all(name in self.row for name in reference.columns):
            if refers(reference, self.row, [*self._rows(reference), *([self.row] if reference.is_self else ())]):
                yield {}
            return
        empty = nothing(reference, self.row) if reference.may_be_null else None
        wishes_none = any(
            name in self.wanted.wishes and self.wanted.wishes[name].datum is None for name in reference.nullable
        )
        if empty is not None and wishes_none:
            yield empty
        targets = _rotated(self._rows(reference), self.wanted.number // _ROWS_A_TARGET)
        for more in self._pointers(reference, targets):
            if _fits(more, self.row):
                yield more
        if reference.is_self and is_known(self.row, reference.target_columns):
            more = pointed(reference, self.row)
            if _fits(more, self.row):
                yield more
        if empty is not None and not wishes_none:
            yield empty

    def _pointers(self, reference: Reference, targets: Sequence[Row]) -> Iterator[Row]:
        """Yield what refers to each target, made when it is asked for: the first is most often taken."""
        pointers = (pointed(reference, each) for each in targets if is_known(each, reference.target_columns))
        anchor = self.wanted.anchor
        if not anchor:
            yield from pointers
            return
        others = []
        for more in pointers:
            if _fits(more, anchor):
                yield more
            else:
                others.append(more)
        yield from others

    def _rows(self, reference: Reference) -> Sequence[Row]:
        pool: Pool | None = self.pools.get(reference.target)
        return pool.rows if pool is not None and pool.rows else self.promised.get(reference.target, ())


def _rotated(rows: Sequence[Row], number: int) -> Sequence[Row]:
    start = number % len(rows) if rows else 0
    return [*rows[start:], *rows[:start]]


def _fits(more: Row, row: Row) -> bool:
    return all(name not in row or row[name].identity == value.identity for name, value in more.items())
