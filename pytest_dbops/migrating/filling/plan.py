"""Plan the rows of one table or of a whole schema; no database is touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.conditions.evaluate import holds
from pytest_dbops.migrating.filling.ordering import in_order
from pytest_dbops.migrating.filling.recipes import KNOT_ROWS, Breadth, Recipe, edges_of, recipes_of, twin_of
from pytest_dbops.migrating.filling.rows import (
    PlannedRow,
    Pool,
    Pools,
    Row,
    Update,
    datums_of,
    is_known,
    pointed,
)
from pytest_dbops.migrating.filling.search import NOTHING, Wanted, find_row
from pytest_dbops.migrating.filling.shapes import LeftOut, Reference, TableName, TableShape
from pytest_dbops.migrating.filling.shaping import shapes_of
from pytest_dbops.migrating.filling.values import NULL, Value
from pytest_dbops.migrating.filling.vocabulary import EMPTY, Vocabulary

_REMAINING_ROWS = 4
_VARIANTS = 24
_FAR = 1_000
"""Numbers that the server does not come to by counting while rows are tried."""


@frozen
class TablePlan:
    """What goes into one table; ``reason`` says why nothing does."""

    shape: TableShape
    rows: tuple[PlannedRow, ...]
    updates: tuple[Update, ...] = ()
    reason: str = ""


@frozen
class FillPlan:
    """What goes into a schema, in order; tables of one group refer to each other in a circle."""

    groups: tuple[tuple[TablePlan, ...], ...]
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class Planner:
    """The state of planning: shapes in order, and the rows so far. Filling goes on from what was really placed.

    ``pools`` may hold rows that were there before, keys as literals. ``first`` is the number of the first row.
    ``read``: the tables whose pools hold all rows that are there, so that nobody has to read them.
    """

    breadth: Breadth
    groups: tuple[tuple[TableShape, ...], ...]
    left_out: tuple[LeftOut, ...]
    pools: Pools = field(default_factory=dict)
    first: int = 0
    read: frozenset[TableName] = frozenset()

    def unread(self) -> Pools:
        """Return the pools of the tables that are still to be read."""
        return {name: pool for name, pool in self.pools.items() if name not in self.read}

    def plan_table(self, shape: TableShape, circle: Sequence[TableShape] = ()) -> TablePlan:
        """Return the rows of one table; those of the tables it refers to are in their pools already."""
        missing = self._missing(shape, circle)
        if missing:
            return TablePlan(shape, (), reason=missing)
        trial = replace(self, pools=_copied(self.pools, shape))
        rows: list[PlannedRow] = []
        for recipe in trial.recipes(shape, circle):
            wishes = recipe.wishes(rows)
            planned = None if wishes is None else trial.row(shape, circle, recipe, wishes)
            if planned is not None:
                rows.append(planned)
                trial.pools[shape.key].add(planned.values)
        if rows:
            rows += trial.remaining(shape, circle, rows)
        rows.sort(key=lambda each: each.purpose == "defaults")
        return TablePlan(shape, tuple(rows), reason="" if rows else _no_values(shape))

    def recipes(self, shape: TableShape, circle: Sequence[TableShape] = ()) -> tuple[Recipe, ...]:
        """Return what rows to make of a table, ordinary ones first."""
        return tuple(recipes_of(shape, self.breadth, self._number(shape), is_knot=is_knot(circle)))

    def row(
        self,
        shape: TableShape,
        circle: Sequence[TableShape],
        recipe: Recipe,
        wishes: Row,
        *,
        anchor: Row = NOTHING,
    ) -> PlannedRow | None:
        """Return one more row, ``None`` when no values keep the rules.

        anchor: a row that was taken; what is not wished for is as in it, and targets are the same, where keys allow.
        """
        promised = {each.key: _promised(each) for each in circle if each.key != shape.key} if is_knot(circle) else {}
        found = find_row(shape, Wanted(recipe.number, wishes, anchor), self.pools, promised)
        return PlannedRow(found, recipe.purpose) if found is not None else None

    def variants(self, shape: TableShape) -> Iterator[PlannedRow]:
        """Yield ordinary rows with ever other values and targets, for a table that has refused all before."""
        start = self._number(shape)
        labels = {each.name: each.family.edges for each in shape.columns if each.family and each.family.is_labels}
        for number in range(_VARIANTS):
            wishes = {name: values[number % len(values)] for name, values in labels.items() if number % 2}
            if number % 4 > 1:
                wishes |= {each.name: NULL for each in shape.columns if each.may_be_null}
            row = find_row(shape, Wanted(start + number * 2, wishes), self.pools, {})
            if row is not None:
                yield PlannedRow(row, "plain")

    def fresh_rows(self, shape: TableShape, count: int) -> list[Row]:
        """Return ordinary rows beside those in the pool, with its first row's targets; the pool stays as it is."""
        trial = replace(self, pools=_copied(self.pools, shape))
        pool = trial.pools[shape.key]
        tied = {name for reference in shape.references for name in reference.columns}
        anchor = {name: value for name, value in pool.rows[0].items() if name in tied} if pool.rows else {}
        start, rows = self._number(shape) + _FAR, list[Row]()
        for number in range(start, start + count):
            row = find_row(shape, Wanted(number, {}, anchor), trial.pools, {})
            if row is not None:
                rows.append(row)
                trial.pools[shape.key].add(row)
        return rows

    def twin(self, shape: TableShape) -> Row | None:
        """Return a row that has all it may have in common with one in the pool, ``None`` without one."""
        pool = self.pools[shape.key]
        wishes = twin_of(shape, pool.rows[0]) if pool.rows else None
        if wishes is None:
            return None
        return find_row(shape, Wanted(self._number(shape) + 2 * _FAR, wishes, pool.rows[0]), self.pools, {})

    def remaining(
        self, shape: TableShape, circle: Sequence[TableShape], rows: Sequence[PlannedRow]
    ) -> list[PlannedRow]:
        """Return rows for boundary values that did not get into any row, one value a row; the pool takes them in."""
        got = {name for planned in rows for name in planned.classes}
        found: list[PlannedRow] = []
        for column in shape.columns:
            for value in edges_of(column, shape, self.breadth):
                if f"{column.name}: {value.label}" in got or len(found) == _REMAINING_ROWS:
                    continue
                recipe = Recipe(self._number(shape), "remaining", shape, self.breadth)
                planned = self.row(shape, circle, recipe, {column.name: value})
                if planned is not None and planned.values[column.name].label == value.label:
                    found.append(planned)
                    self.pools[shape.key].add(planned.values)
                    got.update(planned.classes)
        return found

    def updates(self, plan: TablePlan, circle: Sequence[TableShape]) -> tuple[Update, ...]:
        """Return the references into the table's circle that were left NULL and can be set now."""
        names = {shape.key for shape in circle}
        open_ones = [each for each in plan.shape.references if each.target in names and each.may_be_null]
        found = []
        for number, planned in enumerate(plan.rows[:2]):
            more: dict[str, Value] = {}
            for reference in open_ones:
                more.update(self._target(reference, {**planned.values, **more}, plan.shape, number))
            if more:
                found.append(Update(planned.values, more))
        return tuple(found)

    def _target(self, reference: Reference, row: Row, shape: TableShape, number: int) -> Row:
        if all(row[name].datum is not None for name in reference.columns):
            return {}
        targets = self.pools[reference.target].rows
        for target in (*targets[number:], *targets[:number]):
            more = pointed(reference, target) if is_known(target, reference.target_columns) else {}
            changed = {name: value for name, value in more.items() if row[name].datum is None}
            if changed and all(row[name].datum is None or row[name].identity == more[name].identity for name in more):
                datums = datums_of({**row, **changed}, shape)
                if all(holds(check.node, datums) for check in shape.checks if check.columns & changed.keys()):
                    return changed
        return {}

    def _number(self, shape: TableShape) -> int:
        """Return the number of a table's next row."""
        return self.first + len(self.pools[shape.key].rows)

    def _missing(self, shape: TableShape, circle: Sequence[TableShape]) -> str:
        """Return why no row can refer to what it has to."""
        near = {each.key for each in circle} | {shape.key}
        for reference in shape.references:
            if reference.may_be_null or reference.target in near:
                continue
            pool = self.pools.get(reference.target)
            if pool is None or not any(is_known(row, reference.target_columns) for row in pool.rows):
                return f"{', '.join(reference.columns)} refers to {_shown(reference)}, which has no rows"
        return ""


def plan_fill(catalog: Catalog, *, breadth: Breadth = Breadth.EVERYTHING, vocabulary: Vocabulary = EMPTY) -> FillPlan:
    """Return rows for every table of a schema, as if the database took them all; the same for the same catalog."""
    planner = planner_for(catalog, breadth, vocabulary)
    groups = []
    for circle in planner.groups:
        plans = []
        for shape in circle:
            plan = planner.plan_table(shape, circle if len(circle) > 1 else ())
            for planned in plan.rows:
                planner.pools[shape.key].add(planned.values)
            plans.append(plan)
        groups.append(tuple(TablePlan(p.shape, p.rows, planner.updates(p, circle), p.reason) for p in plans))
    return FillPlan(tuple(groups), planner.left_out)


def planner_for(
    catalog: Catalog, breadth: Breadth, vocabulary: Vocabulary = EMPTY, *, first: int = 0, read: Pools | None = None
) -> Planner:
    """Return a planner with an empty pool for each table.

    first: what numbers begin with, so that keys are none that people give by hand.
    read: pools of tables that are as they were, with all their rows; these are not to be filled.
    """
    read = read or {}
    shapes, left_out = shapes_of(catalog, vocabulary, known={name: pool.shape for name, pool in read.items()})
    pools = {shape.key: read.get(shape.key) or Pool(shape) for shape in shapes}
    return Planner(breadth, in_order(shapes), left_out, pools, first, frozenset(read))


def _promised(shape: TableShape) -> list[Row]:
    """Return the keys that the first rows of a table in a circle will have."""
    targets = {name for rule in shape.uniques for name in rule.columns}
    columns = [column for column in shape.columns if column.name in targets and column.family is not None]
    return [
        {column.name: column.family.plain(number) for column in columns if column.family is not None}
        for number in range(KNOT_ROWS)
    ]


def is_knot(circle: Sequence[TableShape]) -> bool:
    """Tell whether tables refer to each other in a circle that NULL cannot open."""
    done: set[TableName] = set()
    for shape in circle:
        for reference in shape.references:
            if reference.is_self or reference.may_be_null or reference.target in done:
                continue
            if any(reference.target == other.key for other in circle):
                return True
        done.add(shape.key)
    return False


def _copied(pools: Pools, shape: TableShape) -> Pools:
    """Return the pools with one that planning may write to."""
    return {**pools, shape.key: pools[shape.key].copy()}


def _shown(reference: Reference) -> str:
    schema, table = reference.target
    return table if schema in ("public", "main") else f"{schema}.{table}"


def _no_values(shape: TableShape) -> str:
    names = ", ".join(check.name for check in shape.checks[:5])
    return f"no values were found that keep all its rules ({names or 'keys and references'})"
