"""Tables and what belongs to them: columns, triggers, policies, rules."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from pytest_dbops.core.catalog.constraints import (
    CheckConstraint,
    ExclusionConstraint,
    ForeignKey,
    KeyConstraint,
    NotNullConstraint,
)
from pytest_dbops.core.catalog.indexes import Index
from pytest_dbops.core.catalog.names import display_name, quoted_name
from pytest_dbops.core.catalog.privileges import NO_GRANTS, Privileges
from pytest_dbops.core.frozen import frozen


class TableKind(StrEnum):
    """What sort of table it is; ``VIRTUAL`` is SQLite's (its shadow tables are no part of a catalog)."""

    PLAIN = "table"
    PARTITIONED = "partitioned table"
    FOREIGN = "foreign table"
    VIRTUAL = "virtual table"


class Persistence(StrEnum):
    """Whether rows survive a crash and the session."""

    PERMANENT = "permanent"
    UNLOGGED = "unlogged"
    TEMPORARY = "temporary"


@frozen
class Column:
    """A column of a table, view, foreign table or composite type.

    ``type`` is the server's spelling with modifiers (``numeric(12,2)``, ``character varying(10)``,
    user types with their schema). ``default`` is the expression as the server words it; for a
    generated column it is the generation expression. ``identity`` is ``always``, ``by default`` or
    empty; ``generated`` is ``stored``, ``virtual`` or empty. ``collation``, ``storage``,
    ``compression`` are empty and ``statistics_target`` is ``None`` where they are the default.
    ``conflict`` is SQLite's ON CONFLICT of NOT NULL; a column that names the rowid is NOT NULL, written or not.
    ``position`` counts living columns from 1.
    """

    name: str
    position: int
    type: str
    not_null: bool = False
    default: str | None = None
    identity: str = ""
    generated: str = ""
    collation: str = ""
    storage: str = ""
    compression: str = ""
    statistics_target: int | None = None
    options: tuple[str, ...] = ()
    foreign_options: tuple[str, ...] = ()
    is_inherited: bool = False
    is_local: bool = True
    conflict: str = ""
    privileges: Privileges = NO_GRANTS
    comment: str | None = None

    @property
    def type_name(self) -> str:
        """Return the type without modifiers and array brackets: ``numeric(12,2)[]`` is ``numeric``."""
        head, _, rest = self.type.partition("(")
        tail = rest.partition(")")[2]
        return (head + tail).replace("[]", "").strip()

    @property
    def is_array(self) -> bool:
        """Tell whether the column holds arrays."""
        return self.type.endswith("[]")


@frozen
class Trigger:
    """A trigger; ``enabled`` is ``origin`` (the default), ``disabled``, ``replica`` or ``always``.

    Triggers that a constraint made for itself are listed only where somebody changed their state;
    ``constraint`` then names it.
    """

    name: str
    definition: str
    function: str = ""
    enabled: str = "origin"
    constraint: str = ""
    is_inherited: bool = False
    comment: str | None = None


@frozen
class Policy:
    """A row-level security policy; ``command`` is ``ALL`` or one of the four statements it covers."""

    name: str
    command: str
    roles: tuple[str, ...]
    is_permissive: bool = True
    using: str | None = None
    with_check: str | None = None
    comment: str | None = None


@frozen
class Rule:
    """A rewrite rule; ``enabled`` as for a trigger. The rule that makes a view is not listed."""

    name: str
    definition: str
    enabled: str = "origin"
    comment: str | None = None


@frozen
class Table:
    """A table with everything that hangs on it; parts are sorted by name, columns by position.

    ``inherits`` are the parents as shown to people, in order. ``partition_key`` is set on a
    partitioned table, ``partition_bound`` on a partition. ``replica_identity`` is ``default``,
    ``nothing``, ``full`` or ``index``. ``options`` are storage parameters, ``foreign_options``
    those of a foreign table. ``is_strict``, ``is_without_rowid`` and ``module`` (the text after
    USING) are SQLite's. ``is_version_table`` marks alembic's. ``estimated_rows`` (-1: unknown) and
    ``pages`` are statistics: never part of equality or of the fingerprint.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    primary_key: KeyConstraint | None = None
    unique_constraints: tuple[KeyConstraint, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    check_constraints: tuple[CheckConstraint, ...] = ()
    exclusion_constraints: tuple[ExclusionConstraint, ...] = ()
    not_null_constraints: tuple[NotNullConstraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    rules: tuple[Rule, ...] = ()
    kind: TableKind = TableKind.PLAIN
    persistence: Persistence = Persistence.PERMANENT
    row_security: bool = False
    force_row_security: bool = False
    partition_key: str | None = None
    partition_bound: str | None = None
    inherits: tuple[str, ...] = ()
    of_type: str = ""
    replica_identity: str = "default"
    access_method: str = ""
    tablespace: str = ""
    options: tuple[str, ...] = ()
    server: str = ""
    foreign_options: tuple[str, ...] = ()
    is_strict: bool = False
    is_without_rowid: bool = False
    module: str = ""
    is_version_table: bool = False
    owner: str = ""
    privileges: Privileges = NO_GRANTS
    comment: str | None = None
    estimated_rows: float = field(default=-1, compare=False)
    pages: int = field(default=0, compare=False)

    @property
    def display(self) -> str:
        """Name the table for people: with its schema unless that is the default one."""
        return display_name(self.schema, self.name)

    @property
    def quoted(self) -> str:
        """Name the table for SQL."""
        return quoted_name(self.schema, self.name)

    @property
    def is_partition(self) -> bool:
        """Tell whether the table is a partition of another."""
        return self.partition_bound is not None

    def column(self, name: str) -> Column:
        """Return the column of that name; raises ``KeyError`` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def has_column(self, name: str) -> bool:
        """Tell whether the table has a column of that name."""
        return any(column.name == name for column in self.columns)

    def index(self, name: str) -> Index:
        """Return the index of that name; raises ``KeyError`` when there is none."""
        for index in self.indexes:
            if index.name == name:
                return index
        raise KeyError(name)
