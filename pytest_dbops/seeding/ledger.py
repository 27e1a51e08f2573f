"""The ledger of seeds: which seeder filled what, for which organization, from which seed; in the tool's own schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.seeded import Keys

if TYPE_CHECKING:
    from sqlalchemy import Connection, TableClause

_COLUMNS = ("seeder", "organization", "version", "seed", "scale", "as_of", "tables", "row_count", "keys", "seconds")
_MAKE = {
    "postgresql": """
CREATE TABLE dbops.seeded (
  seeder text NOT NULL,
  organization bigint NOT NULL,
  version bigint NOT NULL,
  seed bigint NOT NULL,
  scale text NOT NULL,
  as_of text NOT NULL,
  tables text NOT NULL,
  row_count bigint NOT NULL,
  keys text NOT NULL,
  seconds double precision NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (seeder, organization)
)
""",
    "sqlite": """
CREATE TABLE IF NOT EXISTS dbops_seeded (
  seeder TEXT NOT NULL,
  organization INTEGER NOT NULL,
  version INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  scale TEXT NOT NULL,
  as_of TEXT NOT NULL,
  tables TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  keys TEXT NOT NULL,
  seconds REAL NOT NULL,
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  PRIMARY KEY (seeder, organization)
)
""",
}
_HAS_SCHEMA = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'dbops'"
_HAS_TABLE = {
    "postgresql": "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'dbops' AND c.relname = 'seeded'",
    "sqlite": "SELECT 1 FROM sqlite_schema WHERE name = 'dbops_seeded'",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """One row: what a seeder left for one organization (0: for the whole database).

    scale: the counts it was made for, as JSON. tables: rows by table. keys: what it noted, by kind.
    """

    seeder: str
    organization: int
    version: int
    seed: int
    scale: str
    as_of: str
    tables: Mapping[str, int] = field(default_factory=dict)
    keys: Mapping[str, Keys] = field(default_factory=dict)
    seconds: float = 0.0
    at: str = ""

    @property
    def stamp(self) -> tuple[int, int, str, str]:
        """What must be equal for the rows to be what is asked for."""
        return self.version, self.seed, self.scale, self.as_of

    @property
    def rows(self) -> int:
        """All rows it left."""
        return sum(self.tables.values())


def make_ledger(connection: Connection) -> None:
    """Make the ledger's table where there is none."""
    if has_ledger(connection):
        return
    make_schema(connection)
    connection.exec_driver_sql(_MAKE[connection.dialect.name])


def make_schema(connection: Connection) -> None:
    """Make the tool's own schema where there is none; SQLite needs none."""
    # CREATE SCHEMA IF NOT EXISTS asks for the right to make one also where there is one.
    if connection.dialect.name == "postgresql" and connection.exec_driver_sql(_HAS_SCHEMA).first() is None:
        connection.exec_driver_sql("CREATE SCHEMA dbops")


def has_ledger(connection: Connection) -> bool:
    """Whether anything was ever seeded here."""
    return connection.exec_driver_sql(_HAS_TABLE[connection.dialect.name]).first() is not None


def read_ledger(connection: Connection) -> dict[tuple[str, int], Filled]:
    """Return all rows by seeder and organization; none where nothing was ever seeded."""
    from sqlalchemy import String, cast, select

    if not has_ledger(connection):
        return {}
    ledger = _ledger(connection)
    wanted = [ledger.c[name] for name in _COLUMNS]
    rows = connection.execute(
        select(*wanted, cast(ledger.c.at, String).label("at")).order_by(ledger.c.seeder, ledger.c.organization)
    )
    return {(row.seeder, row.organization): _filled(row) for row in rows}


def write_filled(connection: Connection, filled: Filled) -> None:
    """Put one row in the place of the one before it, in whatever transaction the connection is."""
    forget(connection, filled.seeder, filled.organization)
    values: dict[str, Any] = {name: getattr(filled, name) for name in _COLUMNS if hasattr(filled, name)}
    values |= {"tables": json.dumps(dict(filled.tables)), "row_count": filled.rows}
    values["keys"] = json.dumps({kind: list(keys) for kind, keys in filled.keys.items()})
    connection.execute(_ledger(connection).insert().values(values))


def forget(connection: Connection, seeder: str, organization: int) -> None:
    """Remove one row."""
    ledger = _ledger(connection)
    connection.execute(ledger.delete().where(ledger.c.seeder == seeder, ledger.c.organization == organization))


def _filled(row: Any) -> Filled:
    keys = {kind: tuple(each) for kind, each in json.loads(row.keys).items()}
    tables = json.loads(row.tables)
    return Filled(
        row.seeder, row.organization, row.version, row.seed, row.scale, row.as_of, tables, keys, row.seconds, row.at
    )  # fmt: skip


def _ledger(connection: Connection) -> TableClause:
    from sqlalchemy import BigInteger, Float, Text, column, table

    numbers = {"organization", "version", "seed", "row_count"}
    columns = [
        column(name, BigInteger() if name in numbers else Float() if name == "seconds" else Text())
        for name in (*_COLUMNS, "at")
    ]
    if connection.dialect.name == "postgresql":
        return table("seeded", *columns, schema="dbops")
    return table("dbops_seeded", *columns)
