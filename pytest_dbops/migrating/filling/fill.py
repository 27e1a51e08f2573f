"""Put planned rows into a database, losing none to another one's refusal, and tell what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.rehearsed import Coverage, Refusal, TableCoverage
from pytest_dbops.migrating.filling.fences import judged_as_before, judged_now, without_forced_security
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.numbering import advance_counters
from pytest_dbops.migrating.filling.plan import Planner, TablePlan, is_knot, planner_for
from pytest_dbops.migrating.filling.present import read_present
from pytest_dbops.migrating.filling.product import Product, product_of
from pytest_dbops.migrating.filling.recipes import Breadth, Recipe
from pytest_dbops.migrating.filling.rows import PlannedRow, Pool, Row
from pytest_dbops.migrating.filling.shapes import TableName, TableShape
from pytest_dbops.migrating.filling.statements import insert, insert_statements, insert_together, update, values_of
from pytest_dbops.migrating.filling.vocabulary import EMPTY, Vocabulary

_ATTEMPTS = 60
"""Rows tried singly for one table; a table that refuses everything costs no more than these."""


def fill(
    ground: Ground,
    catalog: Catalog,
    *,
    breadth: Breadth = Breadth.EVERYTHING,
    only: frozenset[TableName] | None = None,
    vocabulary: Vocabulary = EMPTY,
    planner: Planner | None = None,
) -> Coverage:
    """Put rows into all tables of a schema, or only into some, and return what became of them.

    vocabulary: what the models say of text columns (`vocabulary_of`); without it those get any text.
    planner: made for this schema, in place of a new one of that breadth and vocabulary; knows the rows afterwards.

    Rows that are there already are referred to, and their keys are not used again. Nothing a table refuses ends the
    filling: it is in the coverage, in the server's words. Needs an open transaction on PostgreSQL; commits nothing.
    Cost: about four statements a table where nothing is refused.
    """
    planner = planner or planner_for(catalog, breadth, vocabulary)
    filling = _Filling(ground, catalog, product_of(catalog), planner)
    with without_forced_security(ground, catalog):
        filling.present = read_present(ground, planner.unread(), product_of(catalog))
        for circle in planner.groups:
            wanted = [shape for shape in circle if only is None or shape.key in only]
            filling.fill_group(circle, wanted)
    left_out = [TableCoverage(each.display, 0, reason=each.reason) for each in planner.left_out]
    return Coverage((*filling.found, *left_out))


@dataclass(slots=True)
class _Filling:
    """What is known while a schema is filled."""

    ground: Ground
    catalog: Catalog
    product: Product
    planner: Planner
    found: list[TableCoverage] = field(default_factory=list)
    present: dict[TableName, int] = field(default_factory=dict)

    def fill_group(self, circle: Sequence[TableShape], wanted: Sequence[TableShape]) -> None:
        others = circle if len(circle) > 1 else ()
        if is_knot(circle) and len(wanted) == len(circle) and not any(self.planner.pools[s.key].rows for s in circle):
            self._fill_knot(circle)
            return
        plans = [self._fill_table(shape, others) for shape in wanted]
        for plan in plans:
            for change in self.planner.updates(plan, circle):
                self.attempt(update(plan.shape, change, self.product))

    def _fill_table(self, shape: TableShape, circle: Sequence[TableShape]) -> TablePlan:
        plan = self.planner.plan_table(shape, circle)
        table = _Table(self, plan, circle)
        table.place_all()
        self.found.append(table.coverage())
        return TablePlan(shape, tuple(table.placed), reason=plan.reason)

    def _fill_knot(self, circle: Sequence[TableShape]) -> None:
        """Put in rows that refer to each other, one of each table at a time, in one statement."""
        plans = []
        for shape in circle:
            plans.append(self.planner.plan_table(shape, circle))
        tables = [_Table(self, plan, circle) for plan in plans]
        for number in range(min(len(plan.rows) for plan in plans)):
            together = [(plan.shape, [plan.rows[number].values]) for plan in plans]
            message = self.attempt(*self._together(together))
            for table in tables:
                table.note(table.plan.rows[number], message)
        self.found += [table.coverage() for table in tables]

    def _together(self, parts: Sequence[tuple[TableShape, Sequence[object]]]) -> list[str]:
        if self.product.name == "postgresql":
            return [insert_together(parts, self.product)]  # type: ignore[arg-type]  # rows of plans
        inserts = [insert(shape, rows, self.product) for shape, rows in parts]  # type: ignore[arg-type]  # as above
        return ["PRAGMA defer_foreign_keys = ON", *inserts]

    def look_again(self, shape: TableShape) -> None:
        """Read the rows of a table that is still to be filled."""
        pool = self.planner.pools[shape.key] = Pool(shape)
        self.present |= read_present(self.ground, {shape.key: pool}, self.product)

    def attempt(self, *statements: str) -> str:
        """Run statements with all their rules judged at once; return the refusal, empty for none."""
        now = judged_now(self.catalog)
        before = judged_as_before(self.catalog)
        return self.ground.attempt(*statements, *filter(None, (now, before)))


@dataclass(slots=True)
class _Table:
    """The filling of one table."""

    filling: _Filling
    plan: TablePlan
    circle: Sequence[TableShape] = ()
    placed: list[PlannedRow] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    left: int = _ATTEMPTS

    def place_all(self) -> None:
        """Place all rows at once; where some are refused, as many as go, each on its own."""
        explicit = [row for row in self.plan.rows if row.purpose != "defaults"]
        if explicit and self._place(explicit):
            self._advance()
            for row in self.plan.rows[len(explicit) :]:
                self._place([row])
        elif explicit:
            self._place_singly()

    def _place(self, rows: Sequence[PlannedRow]) -> bool:
        """Try rows, all or none; those that are in can be referred to."""
        self.left -= 1
        statements = insert_statements(self.plan.shape, values_of(rows), self.filling.product)
        message = self.filling.attempt(*(text for text, _ in statements))
        if message and len(rows) > 1:
            return False
        for row in rows:
            self.note(row, message)
        return not message

    def _place_singly(self) -> None:
        shape, planner = self.plan.shape, self.filling.planner
        recipes = planner.recipes(shape, self.circle)
        if not self._place_first():
            return
        anchor = self.placed[0].values
        for recipe in sorted(recipes[1:], key=lambda each: each.purpose == "defaults"):
            if recipe.purpose == "defaults":
                self._advance()
            wishes = recipe.wishes(self.placed)
            if wishes is not None:
                self._place_by_halves(recipe, wishes, anchor)

    def _place_first(self) -> bool:
        """Place an ordinary row, of which at least one has to go in if at all possible."""
        shape = self.plan.shape
        if self._place([self.plan.rows[0]]):
            return True
        # Triggers of other tables may have put in rows whose keys were thought to be free.
        self.filling.look_again(shape)
        return any(self._place([row]) for row in self.filling.planner.variants(shape) if self.left > 0)

    def _place_by_halves(self, recipe: Recipe, wishes: Row, anchor: Row) -> None:
        """Place a row with what is wished for; where it is refused with halves, so that one value costs no other."""
        waiting = [wishes]
        while waiting and self.left > 0:
            wished = waiting.pop(0)
            row = self.filling.planner.row(self.plan.shape, self.circle, recipe, wished, anchor=anchor)
            if row is not None and not self._place([row]) and len(wished) > 1:
                names = list(wished)
                for half in (names[: len(names) // 2], names[len(names) // 2 :]):
                    waiting.append({name: wished[name] for name in half})

    def note(self, row: PlannedRow, message: str) -> None:
        """Take down what became of a row."""
        if message:
            refusal = Refusal(row.classes, message)
            if refusal not in self.refused:
                self.refused.append(refusal)
        else:
            self.placed.append(row)
            self.filling.planner.pools[self.plan.shape.key].add(row.values)

    def coverage(self) -> TableCoverage:
        """Return what is to be told of the table; a refused row counts while a class in it is not covered."""
        shape = self.plan.shape
        covered = tuple(dict.fromkeys(name for row in self.placed for name in row.classes))
        refused = tuple(each for each in self.refused if not self.placed or set(each.classes) - set(covered))
        reason = "" if self.placed else self.plan.reason or (refused[0].message if refused else "it takes no row")
        return TableCoverage(
            shape.display,
            len(self.placed),
            covered,
            refused,
            reason,
            present=self.filling.present.get(shape.key, 0),
            schema=shape.schema,
            name=shape.name,
        )

    def _advance(self) -> None:
        table = self.filling.catalog.table(self.plan.shape.schema, self.plan.shape.name)
        advance_counters(self.filling.ground, self.filling.catalog, table)
