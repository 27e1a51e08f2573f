"""Indexes of tables and materialized views."""

from __future__ import annotations

from pytest_dbops.core.catalog.names import display_name, quoted_name
from pytest_dbops.core.frozen import frozen


@frozen
class IndexKey:
    """One key of an index: a column, or an expression over columns.

    ``operator_class`` is empty where it is the default for the type, ``collation`` where it is the
    database's own (on SQLite: ``BINARY``).
    """

    column: str | None
    expression: str | None = None
    is_descending: bool = False
    is_nulls_first: bool = False
    operator_class: str = ""
    collation: str = ""

    @property
    def text(self) -> str:
        """Return the key as ``CREATE INDEX`` would write it."""
        words = [self.column if self.column is not None else f"({self.expression})"]
        words += [f"COLLATE {self.collation}"] if self.collation else []
        words += [self.operator_class] if self.operator_class else []
        words += ["DESC"] if self.is_descending else []
        if self.is_nulls_first != self.is_descending:
            words.append("NULLS FIRST" if self.is_nulls_first else "NULLS LAST")
        return " ".join(words)


@frozen
class Index:
    """An index; ``constraint`` names the constraint it stands behind, empty for a plain index.

    ``is_valid`` and ``is_ready`` are false after an interrupted ``CREATE INDEX CONCURRENTLY``.
    ``options`` are storage parameters as ``name=value``; ``parent`` is the partitioned index it
    belongs to. ``origin`` is SQLite's: ``created``, ``unique`` or ``primary key``.
    """

    schema: str
    name: str
    keys: tuple[IndexKey, ...]
    method: str = "btree"
    include: tuple[str, ...] = ()
    predicate: str | None = None
    is_unique: bool = False
    is_primary: bool = False
    nulls_not_distinct: bool = False
    is_immediate: bool = True
    is_valid: bool = True
    is_ready: bool = True
    is_live: bool = True
    is_replica_identity: bool = False
    is_clustered: bool = False
    constraint: str = ""
    options: tuple[str, ...] = ()
    tablespace: str = ""
    statistics_targets: tuple[tuple[int, int], ...] = ()
    parent: str = ""
    origin: str = "created"
    comment: str | None = None

    @property
    def display(self) -> str:
        """Name the index for people."""
        return display_name(self.schema, self.name)

    @property
    def quoted(self) -> str:
        """Name the index for SQL."""
        return quoted_name(self.schema, self.name)

    @property
    def columns(self) -> tuple[str | None, ...]:
        """Return the key columns in order, ``None`` standing for an expression."""
        return tuple(key.column for key in self.keys)

    @property
    def is_partial(self) -> bool:
        """Tell whether the index covers only the rows of a predicate."""
        return self.predicate is not None

    @property
    def is_usable(self) -> bool:
        """Tell whether queries may use it: valid, ready and live."""
        return self.is_valid and self.is_ready and self.is_live
