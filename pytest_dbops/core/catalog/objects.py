"""Everything of a schema that is not a table: views, sequences, routines, types, extensions, the rest."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from pytest_dbops.core.catalog.constraints import CheckConstraint
from pytest_dbops.core.catalog.indexes import Index
from pytest_dbops.core.catalog.names import display_name, quoted_name
from pytest_dbops.core.catalog.privileges import NO_GRANTS, PUBLIC_EXECUTE, PUBLIC_USAGE, Privileges
from pytest_dbops.core.catalog.tables import Column, Persistence, Rule, Trigger
from pytest_dbops.core.frozen import frozen


@frozen
class Schema:
    """A namespace."""

    name: str
    owner: str = ""
    privileges: Privileges = NO_GRANTS
    comment: str | None = None


@frozen
class View:
    """A view or a materialized view; only the latter has indexes, ``is_populated``, pages and rows."""

    schema: str
    name: str
    definition: str
    columns: tuple[Column, ...] = ()
    is_materialized: bool = False
    is_populated: bool = True
    is_temporary: bool = False
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rules: tuple[Rule, ...] = ()
    options: tuple[str, ...] = ()
    access_method: str = ""
    tablespace: str = ""
    owner: str = ""
    privileges: Privileges = NO_GRANTS
    comment: str | None = None
    estimated_rows: float = field(default=-1, compare=False)
    pages: int = field(default=0, compare=False)

    @property
    def display(self) -> str:
        """Name the view for people."""
        return display_name(self.schema, self.name)

    @property
    def quoted(self) -> str:
        """Name the view for SQL."""
        return quoted_name(self.schema, self.name)


@frozen
class ColumnReference:
    """A column of a table, by name."""

    schema: str
    table: str
    column: str

    @property
    def display(self) -> str:
        """Name the column for people: ``invoice.id``."""
        return f"{display_name(self.schema, self.table)}.{self.column}"


@frozen
class Sequence:
    """A sequence; ``owned_by`` is the column it fills, ``is_identity`` when it is that column's identity.

    How far it has counted is no part of a schema and not here.
    """

    schema: str
    name: str
    data_type: str = "bigint"
    start: int = 1
    increment: int = 1
    minimum: int = 1
    maximum: int = 9223372036854775807
    cache: int = 1
    is_cycling: bool = False
    owned_by: ColumnReference | None = None
    is_identity: bool = False
    persistence: Persistence = Persistence.PERMANENT
    owner: str = ""
    privileges: Privileges = NO_GRANTS
    comment: str | None = None

    @property
    def display(self) -> str:
        """Name the sequence for people."""
        return display_name(self.schema, self.name)

    @property
    def quoted(self) -> str:
        """Name the sequence for SQL."""
        return quoted_name(self.schema, self.name)


class RoutineKind(StrEnum):
    """What sort of routine it is."""

    FUNCTION = "function"
    PROCEDURE = "procedure"
    AGGREGATE = "aggregate"
    WINDOW = "window function"


@frozen
class Routine:
    """A function, procedure, aggregate or window function.

    ``identity_arguments`` tell overloads apart; ``arguments`` also have the defaults. ``source`` is
    the body as written; ``settings`` are ``SET`` clauses as ``name=value``. ``aggregate`` holds an
    aggregate's own attributes as ``name=value``. ``volatility`` is ``volatile``, ``stable`` or
    ``immutable``; ``parallel`` ``unsafe``, ``restricted`` or ``safe``.
    """

    schema: str
    name: str
    identity_arguments: str
    kind: RoutineKind = RoutineKind.FUNCTION
    arguments: str = ""
    returns: str = ""
    language: str = ""
    source: str = ""
    library: str = ""
    volatility: str = "volatile"
    parallel: str = "unsafe"
    is_strict: bool = False
    is_security_definer: bool = False
    is_leakproof: bool = False
    cost: float = 100
    rows: float = 0
    support: str = ""
    transforms: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    aggregate: tuple[str, ...] = ()
    owner: str = ""
    privileges: Privileges = PUBLIC_EXECUTE
    comment: str | None = None

    @property
    def signature(self) -> str:
        """Name the routine with its arguments, for people."""
        return f"{display_name(self.schema, self.name)}({self.identity_arguments})"

    @property
    def quoted(self) -> str:
        """Name the routine with its arguments, for SQL."""
        return f"{quoted_name(self.schema, self.name)}({self.identity_arguments})"

    @property
    def display(self) -> str:
        """Name the routine for people."""
        return self.signature

    def setting(self, name: str) -> str | None:
        """Return what the routine sets a parameter to, ``None`` when it does not set it."""
        for entry in self.settings:
            key, _, value = entry.partition("=")
            if key == name:
                return value
        return None


class TypeKind(StrEnum):
    """What sort of user-made type it is."""

    ENUM = "enum"
    DOMAIN = "domain"
    COMPOSITE = "composite type"
    RANGE = "range type"
    BASE = "base type"


@frozen
class Type:
    """A user-made type.

    ``labels`` of an enum are in their sort order. ``columns`` are a composite type's attributes.
    A domain has ``base``, ``not_null``, ``default``, ``collation`` and ``check_constraints``.
    ``attributes`` hold what only ranges and base types have, as ``name=value``.
    """

    schema: str
    name: str
    kind: TypeKind
    labels: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    base: str = ""
    not_null: bool = False
    default: str | None = None
    collation: str = ""
    check_constraints: tuple[CheckConstraint, ...] = ()
    attributes: tuple[str, ...] = ()
    owner: str = ""
    privileges: Privileges = PUBLIC_USAGE
    comment: str | None = None

    @property
    def display(self) -> str:
        """Name the type for people."""
        return display_name(self.schema, self.name)

    @property
    def quoted(self) -> str:
        """Name the type for SQL."""
        return quoted_name(self.schema, self.name)


@frozen
class Extension:
    """An installed extension; its own objects are represented by it alone."""

    name: str
    version: str
    schema: str
    owner: str = ""
    comment: str | None = None


@frozen
class EventTrigger:
    """A trigger on DDL; ``enabled`` as for a table's trigger."""

    name: str
    event: str
    function: str
    tags: tuple[str, ...] = ()
    enabled: str = "origin"
    owner: str = ""
    comment: str | None = None


@frozen
class OtherObject:
    """Any other kind of object, with its attributes as ``(name, value)`` pairs sorted by name.

    ``kind`` is one of: cast, collation, conversion, operator, operator class, operator family,
    access method, language, transform, text search configuration, text search dictionary, text
    search parser, text search template, statistics object, publication, subscription, foreign data
    wrapper, foreign server, user mapping, property graph. ``schema`` is empty where the kind has none.
    """

    kind: str
    schema: str
    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    privileges: Privileges = NO_GRANTS
    comment: str | None = None

    @property
    def display(self) -> str:
        """Name the object for people."""
        return display_name(self.schema, self.name)

    def attribute(self, name: str) -> str | None:
        """Return one attribute's value, ``None`` when the object has none of that name."""
        return dict(self.attributes).get(name)
