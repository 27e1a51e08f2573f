"""Write into a database which of its columns are encrypted, and how: what a gate without models goes by."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_dbops.core.codec import to_json
from pytest_dbops.core.encryption import EncryptedColumn

if TYPE_CHECKING:
    from sqlalchemy import Connection, TableClause

_MAKE = {
    "postgresql": """
CREATE TABLE dbops.encrypted_column (
  table_schema text NOT NULL,
  table_name text NOT NULL,
  column_name text NOT NULL,
  declared text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (table_schema, table_name, column_name)
)
""",
    "sqlite": """
CREATE TABLE IF NOT EXISTS dbops_encrypted_column (
  table_schema TEXT NOT NULL,
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  declared TEXT NOT NULL,
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  PRIMARY KEY (table_schema, table_name, column_name)
)
""",
}
_HAS_SCHEMA = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'dbops'"
_HAS_TABLE = {
    "postgresql": "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'dbops' AND c.relname = 'encrypted_column'",
    "sqlite": "SELECT 1 FROM sqlite_schema WHERE name = 'dbops_encrypted_column'",
}
_COLUMNS = {
    "postgresql": """
SELECT CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' END, n.nspname, c.relname, a.attname
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')
AND c.relname = ANY(%(tables)s)
""",
    "sqlite": "SELECT '', 'main', m.name, p.name FROM sqlite_schema AS m JOIN pragma_table_xinfo(m.name) AS p"
    " WHERE m.type = 'table'",
}
_KEY = ("table_schema", "table_name", "column_name")
_Name = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class MarkChanges:
    """What writing the marks changes: names of columns, sorted."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkPlan:
    """The marks to be written, each with what it tells, and those to be taken out."""

    written: Mapping[_Name, str]
    removed: Sequence[_Name]

    @property
    def changes(self) -> MarkChanges:
        """The same by names."""
        return MarkChanges(tuple(sorted(map(_shown, self.written))), tuple(sorted(map(_shown, self.removed))))


def plan_marks(
    connection: Connection, columns: Sequence[EncryptedColumn], *, forgotten: Collection[str] = ()
) -> MarkPlan:
    """Return how the marks of a database differ from its encrypted columns; writes nothing.

    Marked are the columns of the models that the database has; a mark whose column it has no more is taken out. One
    whose column no model encrypts any more stays: it may hold envelopes, and a gate tells of it. forgotten: names of
    such columns whose marks are taken out all the same.
    """
    known = _read(connection) if _has_table(connection) else {}
    there = _there(connection, {*known, *map(_name, columns)})
    wanted = {_name(each): json.dumps(to_json(each), sort_keys=True) for each in columns if _name(each) in there}
    return MarkPlan(
        {name: told for name, told in wanted.items() if known.get(name) != told},
        [name for name in known if name not in there or (_shown(name) in forgotten and name not in wanted)],
    )


def mark_columns(
    connection: Connection, columns: Sequence[EncryptedColumn], *, forgotten: Collection[str] = ()
) -> MarkChanges:
    """Write what `plan_marks` plans, in the caller's transaction; a database that is marked rightly is only read."""
    plan = plan_marks(connection, columns, forgotten=forgotten)
    if plan.written or plan.removed:
        _make(connection)
        table = _table(connection)
        for name in (*plan.removed, *plan.written):
            same = (table.c[key] == value for key, value in zip(_KEY, name, strict=True))
            connection.execute(table.delete().where(*same))
        rows = [{**dict(zip(_KEY, name, strict=True)), "declared": told} for name, told in plan.written.items()]
        if rows:
            connection.execute(table.insert(), rows)
    return plan.changes


def _name(column: EncryptedColumn) -> _Name:
    return column.schema, column.table, column.column


def _shown(name: _Name) -> str:
    return ".".join(part for part in name if part)


def _there(connection: Connection, names: Collection[_Name]) -> set[_Name]:
    """Return those of some names whose column exists; asks once, however many they are."""
    if not names:
        return set()
    dialect = connection.dialect.name
    params = {"tables": sorted({table for _, table, _ in names})} if dialect == "postgresql" else {}
    found: set[_Name] = set()
    for visible, schema, table, column in connection.exec_driver_sql(_COLUMNS[dialect], params):
        found |= {(schema, table, column)} | ({("", table, column)} if visible is not None else set())
    return found & set(names)


def _has_table(connection: Connection) -> bool:
    return connection.exec_driver_sql(_HAS_TABLE[connection.dialect.name]).first() is not None


def _make(connection: Connection) -> None:
    if _has_table(connection):
        return
    # CREATE SCHEMA IF NOT EXISTS asks for the right to make one also where there is one.
    if connection.dialect.name == "postgresql" and connection.exec_driver_sql(_HAS_SCHEMA).first() is None:
        connection.exec_driver_sql("CREATE SCHEMA dbops")
    connection.exec_driver_sql(_MAKE[connection.dialect.name])


def _read(connection: Connection) -> dict[_Name, str]:
    from sqlalchemy import select

    table = _table(connection)
    rows = connection.execute(select(*(table.c[name] for name in (*_KEY, "declared"))))
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _table(connection: Connection) -> TableClause:
    from sqlalchemy import Text, column, table

    columns = [column(name, Text()) for name in (*_KEY, "declared")]
    if connection.dialect.name == "postgresql":
        return table("encrypted_column", *columns, schema="dbops")
    return table("dbops_encrypted_column", *columns)
