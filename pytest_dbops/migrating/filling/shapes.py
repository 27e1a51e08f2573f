"""What a row of a table has to be like: the catalog's rules in the form the search for values needs."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.conditions.nodes import Name, Node, columns_of
from pytest_dbops.migrating.filling.conditions.suggest import Suggestion
from pytest_dbops.migrating.filling.values import Family, Value

TableName = tuple[str, str]
"""Schema and name."""


@frozen
class ColumnShape:
    """A column that rows give a value.

    ``family`` is ``None`` for a type that is not known. ``is_numbered``: the server counts it up. ``default`` is its
    default as far as it can be read. ``is_plain_only``: boundary values would do harm (numbered, excluded).
    """

    name: str
    family: Family | None
    may_be_null: bool
    has_default: bool = False
    default: Node | None = None
    is_numbered: bool = False
    is_plain_only: bool = False


@frozen
class CheckRule:
    """A check that could be read, and its columns."""

    name: str
    node: Node
    columns: frozenset[str]


@frozen
class UniqueRule:
    """A unique key, its parts as expressions; ``predicate`` limits it to some rows."""

    keys: tuple[Node, ...]
    predicate: Node | None = None
    nulls_are_equal: bool = False
    ignores_case: bool = False

    @property
    def columns(self) -> frozenset[str]:
        """The columns the key and its predicate are over."""
        nodes = self.keys if self.predicate is None else (*self.keys, self.predicate)
        return frozenset().union(*map(columns_of, nodes))

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns of a key that is of columns only and holds for all rows."""
        names = tuple(key.column for key in self.keys if isinstance(key, Name))
        return names if len(names) == len(self.keys) and self.predicate is None else None


@frozen
class Reference:
    """A foreign key; ``nullable`` are those of its columns that may be NULL."""

    name: str
    columns: tuple[str, ...]
    target: TableName
    target_columns: tuple[str, ...]
    nullable: frozenset[str]
    is_full: bool
    is_self: bool

    @property
    def may_be_null(self) -> bool:
        """Tell whether a row may refer to nothing."""
        return set(self.nullable) >= set(self.columns) if self.is_full else bool(self.nullable)


@frozen
class TableShape:
    """A table to fill.

    ``choices`` are values of the partition key, one set for each partition; ``is_closed``: rows with others find no
    partition. ``unread`` names checks that could not be read. ``is_overriding``: identity columns take given values
    only when told. ``suggestions`` are what the checks give away, by column.
    """

    schema: str
    name: str
    display: str
    columns: tuple[ColumnShape, ...]
    checks: tuple[CheckRule, ...]
    uniques: tuple[UniqueRule, ...]
    references: tuple[Reference, ...]
    suggestions: Mapping[str, tuple[Suggestion, ...]]
    choices: tuple[Mapping[str, Value], ...] = ()
    is_closed: bool = False
    unread: tuple[str, ...] = ()
    is_overriding: bool = False

    @property
    def key(self) -> TableName:
        """The table's schema and name."""
        return self.schema, self.name

    def column(self, name: str) -> ColumnShape:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)


@frozen
class LeftOut:
    """A table that is not filled, and why."""

    display: str
    reason: str
