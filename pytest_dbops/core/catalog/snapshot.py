"""The whole picture of a schema, and how to find things in it."""

from __future__ import annotations

from dataclasses import field

from pytest_dbops.core.catalog.objects import (
    EventTrigger,
    Extension,
    OtherObject,
    Routine,
    Schema,
    Sequence,
    Type,
    View,
)
from pytest_dbops.core.catalog.privileges import NO_GRANTS, DefaultPrivilege, Privileges
from pytest_dbops.core.catalog.tables import Table
from pytest_dbops.core.frozen import frozen


@frozen
class Database:
    """The database around the schema.

    ``settings`` are those fixed for the database (``ALTER DATABASE ... SET``, for PostgreSQL also
    per role in this database) as ``name=value``. ``encoding``, ``collate``, ``ctype``,
    ``locale_provider`` and ``locale`` decide how text sorts and compares: they are reported as
    context, since a copy of a schema may live in another locale.
    """

    name: str = ""
    encoding: str = ""
    collate: str = ""
    ctype: str = ""
    locale_provider: str = ""
    locale: str = ""
    settings: tuple[str, ...] = ()
    owner: str = ""
    privileges: Privileges = NO_GRANTS
    comment: str | None = None


@frozen
class Catalog:
    """An immutable snapshot of a schema; every tuple is sorted by schema and name.

    ``dialect`` is ``postgresql`` or ``sqlite``; ``server_version`` the server's number
    (``150018``, ``3040001``). Objects of extensions, of the server itself and of this tool are left
    out. Equality of meaning is ``fingerprint``: this class's own ``==`` also sees column order.
    """

    dialect: str
    server_version: int
    database: Database = field(default_factory=Database)
    schemas: tuple[Schema, ...] = ()
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    routines: tuple[Routine, ...] = ()
    types: tuple[Type, ...] = ()
    extensions: tuple[Extension, ...] = ()
    event_triggers: tuple[EventTrigger, ...] = ()
    default_privileges: tuple[DefaultPrivilege, ...] = ()
    others: tuple[OtherObject, ...] = ()
    _tables_by_name: dict[tuple[str, str], Table] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the tables, so that looking one up costs the same however many there are."""
        by_name = {(table.schema, table.name): table for table in self.tables}
        object.__setattr__(self, "_tables_by_name", by_name)

    @property
    def default_schema(self) -> str:
        """Return the schema whose name is left out where objects are shown."""
        return "main" if self.dialect == "sqlite" else "public"

    def table(self, schema: str, name: str) -> Table:
        """Return one table; raises ``KeyError`` when there is none."""
        return self._tables_by_name[schema, name]

    def has_table(self, schema: str, name: str) -> bool:
        """Tell whether there is a table of that name."""
        return (schema, name) in self._tables_by_name

    def type(self, schema: str, name: str) -> Type:
        """Return one user-made type; raises ``KeyError`` when there is none."""
        for candidate in self.types:
            if candidate.name == name and candidate.schema == schema:
                return candidate
        raise KeyError(f"{schema}.{name}")

    def schema(self, name: str) -> Schema:
        """Return one schema; raises ``KeyError`` when there is none."""
        for candidate in self.schemas:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    def sequence(self, schema: str, name: str) -> Sequence:
        """Return one sequence; raises ``KeyError`` when there is none."""
        for candidate in self.sequences:
            if candidate.name == name and candidate.schema == schema:
                return candidate
        raise KeyError(f"{schema}.{name}")

    def others_of(self, kind: str) -> tuple[OtherObject, ...]:
        """Return the other objects of one kind (``publication``, ``statistics object``, ...)."""
        return tuple(item for item in self.others if item.kind == kind)

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the schema's meaning, as 64 hex digits; computed on every call."""
        from pytest_dbops.core.catalog.fingerprint import fingerprint_of

        return fingerprint_of(self)
