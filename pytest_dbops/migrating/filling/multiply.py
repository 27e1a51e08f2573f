"""Give a table very many rows, set-wise within the server, made of the few that it has.

Each new row is one of those there, with what has to differ made different: keys get numbers or digits in a scattered
order, references go to all rows there are, other columns that no rule is about get values of their own length. What
a rule is about stays as it is in the row that is copied.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.conditions.nodes import columns_of
from pytest_dbops.migrating.filling.fences import judged_as_before, judged_now
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.multiplied_values import WAYS, WRITINGS, Copied, Writing
from pytest_dbops.migrating.filling.ordering import in_order
from pytest_dbops.migrating.filling.product import Product, product_of
from pytest_dbops.migrating.filling.shapes import Reference, TableShape
from pytest_dbops.migrating.filling.shaping import shapes_of

_ORIGINALS = 8
_TRIAL_ROWS = 3
_USUAL_SCHEMAS = ("public", "main")


class Variety(Enum):
    """Whether columns that no rule is about differ from row to row too, or only keys do."""

    ALL = "all"
    KEYS = "keys"


class Multiplier:
    """Multiplies rows of the tables of one schema; needs an open transaction on PostgreSQL, and commits nothing."""

    def __init__(self, ground: Ground, catalog: Catalog) -> None:
        self._ground = ground
        self._catalog = catalog
        self._product = product_of(catalog)
        shapes = shapes_of(catalog)[0]
        self._ordered = [shape for group in in_order(shapes) for shape in group]
        self._shapes = {f"{shape.schema}.{shape.name}": shape for shape in shapes}
        self._shapes |= {shape.name: shape for shape in shapes if shape.schema in _USUAL_SCHEMAS}

    def in_order(self, tables: Collection[str]) -> list[str]:
        """Return tables with those first that others refer to."""
        places = {shape.key: number for number, shape in enumerate(self._ordered)}
        return sorted(tables, key=lambda name: places[self._shapes[name].key] if name in self._shapes else -1)

    def grow(self, table: str, rows: int, variety: Variety) -> int:
        """Give a table rows until it has `rows`, and return how many it has; it needs one to begin with.

        table: with its schema, or without the usual one. Raises CannotJudge, with the server's words, when no way of
        making them is taken.
        """
        shape = self._shapes.get(table)
        there = self._count(shape) if shape is not None else 0
        if shape is None or (not there and rows):
            raise CannotJudge(f"rows of {table} cannot be multiplied: it has none")
        if there >= rows:
            return there
        message = ""
        for way in range(WAYS):
            insert = _Insert(shape, self._catalog, self._product, variety, way, self._counts(shape))
            message = self._attempt(insert.text(there, min(_TRIAL_ROWS, rows - there)))
            if not message:
                more = rows - self._count(shape)
                message = self._attempt(insert.text(there + _TRIAL_ROWS, more)) if more > 0 else ""
            if not message:
                return self._count(shape)
        raise CannotJudge(f"rows of {table} cannot be multiplied: {message}")

    def _attempt(self, statement: str) -> str:
        now, before = judged_now(self._catalog), judged_as_before(self._catalog)
        return self._ground.attempt(statement, *filter(None, (now, before)))

    def _counts(self, shape: TableShape) -> dict[tuple[str, str], int]:
        targets = {reference.target for reference in shape.references}
        return {each.key: self._count(each) for each in self._ordered if each.key in targets}

    def _count(self, shape: TableShape) -> int:
        return int(self._ground.ask(f"SELECT count(*) FROM {self._product.table(*shape.key)}")[0][0])  # noqa: S608  # quoted


@frozen
class _Insert:
    """One way of making rows of one table; counts: of the rows that tables it refers to have."""

    shape: TableShape
    catalog: Catalog
    product: Product
    variety: Variety
    way: int
    counts: dict[tuple[str, str], int]

    @property
    def writing(self) -> Writing:
        return WRITINGS[self.product.name]

    def text(self, first: int, count: int) -> str:
        """Return the statement that makes `count` rows, the numbers of which begin at `first`."""
        table, spread = self.product.table(*self.shape.key), self._spread()
        names = ", ".join(self.product.quote_name(each.name) for each in self.shape.columns)
        values = ", ".join(self._value(each.name, spread) for each in self.shape.columns)
        overriding = f" {self.writing.overriding}" if self.shape.is_overriding else ""
        return (
            f"INSERT INTO {table} ({names}){overriding} SELECT {values}"  # noqa: S608  # names are quoted
            f" FROM {self.writing.series(first, count)}"
            f" JOIN (SELECT o.*, row_number() OVER () - 1 AS dbops_k, count(*) OVER () AS dbops_n"
            f" FROM (SELECT * FROM {table} LIMIT {_ORIGINALS}) AS o) AS t ON t.dbops_k = {_rest('g.n', 't.dbops_n')}"
            + "".join(self._joined(number, reference) for number, reference in enumerate(spread))
        )

    def _joined(self, number: int, reference: Reference) -> str:
        """Return the join by which rows refer to all rows of another table in turn."""
        keys = ", ".join(map(self.product.quote_name, reference.target_columns))
        turn = _rest(f"(g.n / {self._stride(reference)})", str(self.counts[reference.target]))
        return (
            f" JOIN (SELECT {keys}, row_number() OVER () - 1 AS dbops_k"  # noqa: S608  # names are quoted
            f" FROM {self.product.table(*reference.target)}) AS r{number} ON r{number}.dbops_k = {turn}"
        )

    def _spread(self) -> list[Reference]:
        """Return the references that may go to any row: those whose columns neither share nor have another rule."""
        used = [name for reference in self.shape.references for name in reference.columns]
        checked = self._checked()
        return [
            each
            for each in self.shape.references
            if not each.is_self
            and self.counts.get(each.target, 0)
            and all(used.count(name) == 1 and name not in checked for name in each.columns)
        ]

    def _stride(self, reference: Reference) -> int:
        """Return after how many rows the next target's turn comes: 1, but for further parts of a key of references."""
        for rule in self.shape.uniques:
            own = [each for each in self._spread() if set(each.columns) <= rule.columns]
            if reference in own and not self._free(rule.columns):
                before = own[: own.index(reference)]
                stride = 1
                for each in before:
                    stride *= self.counts[each.target]
                return stride
        return 1

    def _free(self, names: frozenset[str]) -> frozenset[str]:
        """Return the columns among these that can be made distinct by themselves."""
        tied = {name for reference in self.shape.references for name in reference.columns}
        return frozenset(name for name in names - tied if self._distinct(name) is not None)

    def _value(self, name: str, spread: list[Reference]) -> str:
        for number, reference in enumerate(spread):
            if name in reference.columns:
                target = reference.target_columns[reference.columns.index(name)]
                return f"r{number}.{self.product.quote_name(target)}"
        copied = f"t.{self.product.quote_name(name)}"
        keys: frozenset[str] = frozenset().union(*(columns_of(key) for rule in self.shape.uniques for key in rule.keys))
        tied = {each for reference in self.shape.references for each in reference.columns}
        if name in tied or self._chooses_partition(name):
            return copied
        if name in keys:
            return self._distinct(name) or copied
        if self.variety is Variety.KEYS or name in self._checked() or self._is_ruled(name):
            return copied
        return self.writing.varied(self._copied(name), "g.n") or copied

    def _distinct(self, name: str) -> str | None:
        column = self.shape.column(name)
        if column.family is None or column.family.is_labels:
            return None
        return self.writing.distinct(self._copied(name), "g.n", self.way)

    def _copied(self, name: str) -> Copied:
        family = self.shape.column(name).family
        kind = next(each.type for each in self.catalog.table(*self.shape.key).columns if each.name == name)
        return Copied(f"t.{self.product.quote_name(name)}", family.name if family else "", kind)

    def _checked(self) -> frozenset[str]:
        """Return the columns that a check or a predicate is about."""
        predicates = (columns_of(rule.predicate) for rule in self.shape.uniques if rule.predicate is not None)
        return frozenset().union(*(each.columns for each in self.shape.checks), *predicates)

    def _chooses_partition(self, name: str) -> bool:
        """Whether a column says into which partition a row goes, and some other part of its keys can differ."""
        chosen = {each for choice in self.shape.choices for each in choice}
        own = [rule.columns for rule in self.shape.uniques if name in rule.columns]
        return name in chosen and all(self._free(columns) - chosen for columns in own)

    def _is_ruled(self, name: str) -> bool:
        """Whether something else decides what a column may hold: labels, a check that cannot be read."""
        family = self.shape.column(name).family
        return family is None or family.is_labels or bool(self.shape.unread)


def _rest(number: str, divisor: str) -> str:
    """Return what division leaves, without a percent sign, which some drivers take for a parameter."""
    return f"({number} - ({number} / {divisor}) * {divisor})"
