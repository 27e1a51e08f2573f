"""The journal's table on each product, for any connection of SQLAlchemy: the project's own, and ours beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_dbops.core.deploy.journal import Entry, Event

if TYPE_CHECKING:
    from sqlalchemy import Connection, TableClause

SCHEMA = "dbops"
_COLUMNS = ("deploy", "event", "revision", "actor", "reason", "detail", "source", "beside")
_MAKE = {
    "postgresql": """
CREATE TABLE dbops.journal (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  deploy text NOT NULL,
  event text NOT NULL,
  revision text NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL,
  detail text NOT NULL,
  source text NOT NULL,
  beside text NOT NULL
)
""",
    "sqlite": """
CREATE TABLE IF NOT EXISTS dbops_journal (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  deploy TEXT NOT NULL,
  event TEXT NOT NULL,
  revision TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  source TEXT NOT NULL,
  beside TEXT NOT NULL
)
""",
}
_HAS_SCHEMA = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'dbops'"
_HAS_TABLE = "SELECT pg_catalog.to_regclass('dbops.journal') IS NOT NULL"


def make_journal(connection: Connection) -> None:
    """Make the journal's table where there is none; call it under the lock, in autocommit."""
    if connection.dialect.name == "postgresql":
        # CREATE SCHEMA IF NOT EXISTS asks for the right to make one also where there is one.
        if connection.exec_driver_sql(_HAS_SCHEMA).first() is None:
            connection.exec_driver_sql("CREATE SCHEMA dbops")
        if connection.exec_driver_sql(_HAS_TABLE).scalar():
            return
    connection.exec_driver_sql(_MAKE[connection.dialect.name])


def write_entry(connection: Connection, entry: Entry) -> None:
    """Add one row, in whatever transaction the connection is."""
    values: dict[str, Any] = {name: getattr(entry, name) for name in _COLUMNS}
    connection.execute(_journal(connection).insert().values(values | {"event": entry.event.value}))


def read_entries(connection: Connection) -> tuple[Entry, ...]:
    """Return all rows, oldest first, without the sources."""
    from sqlalchemy import String, cast, select

    journal = _journal(connection)
    wanted = [journal.c[name] for name in _COLUMNS[:-2]]
    rows = connection.execute(select(*wanted, cast(journal.c.at, String)).order_by(journal.c.id))
    return tuple(Entry(row[0], Event(row[1]), *row[2:6], at=row[6]) for row in rows)


def _journal(connection: Connection) -> TableClause:
    from sqlalchemy import Text, column, table

    columns = [column("id"), column("at"), *(column(name, Text()) for name in _COLUMNS)]
    if connection.dialect.name == "postgresql":
        return table("journal", *columns, schema=SCHEMA)
    return table("dbops_journal", *columns)
