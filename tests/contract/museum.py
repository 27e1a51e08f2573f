"""A PostgreSQL database with one object of every kind, and the catalogue of what may be altered in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg

from pytest_dbops.backends.postgresql.catalog import read_catalog
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.scratch import ScratchServer
from tests.contract.catalog_cases import FOLDER, load_cases

MAJORS = (14, 15, 16, 17, 18)
ROLES = ("catalog_owner", "catalog_reader")
SCHEMA = (FOLDER / "postgresql_schema.sql").read_text()
KINDS = (
    "tables",
    "columns",
    "constraints",
    "indexes",
    "table_parts",
    "views",
    "sequences",
    "routines",
    "types",
    "others",
)
ALTERATIONS = [case for kind in KINDS for case in load_cases(f"postgresql_{kind}")]
WORDED = (FOLDER / "postgresql_worded.sql").read_text()
REWORDINGS = load_cases("postgresql_rewordings")
HARMLESS = load_cases("postgresql_harmless", default=frozenset())


class Asking:
    """A psycopg connection as the readers want it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._sent: list[str] = []

    @property
    def statements(self) -> int:
        """How many were sent."""
        return len(self._sent)

    def sent(self, words: str) -> int:
        """Return in how many of them some words were."""
        return sum(words in sql for sql in self._sent)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        self._sent.append(sql)
        return self._connection.execute(sql.encode()).fetchall()

    def run(self, sql: str) -> None:
        self._sent.append(sql)
        self._connection.execute(sql.encode())


@dataclass(frozen=True, slots=True)
class Museum:
    """A database with one object of every kind, and its catalog as it stands."""

    connection: psycopg.Connection
    major: int
    catalog: Catalog

    def after(self, sql: str) -> Catalog:
        """Return the catalog as it would be after some statements; nothing of them stays."""
        try:
            self.connection.execute(own_names(sql).encode())
            return read_catalog(Asking(self.connection))
        finally:
            self.connection.rollback()


@contextmanager
def opened_museum(server: ScratchServer, major: int) -> Iterator[Museum]:
    """Make the database on a server, and drop it and all that it needs outside of it afterwards."""
    with closing(psycopg.connect(server.admin_url, autocommit=True)) as admin:

        def run(*statements: str) -> None:
            for statement in statements:
                admin.execute(own_names(statement).encode())

        run("SET allow_in_place_tablespaces = on", "CREATE TABLESPACE catalog_space LOCATION ''")
        run(*(f"CREATE ROLE {role}" for role in ROLES))
        run("CREATE DATABASE catalog_museum TEMPLATE template0 ENCODING 'UTF8'")
        try:
            with closing(psycopg.connect(server.url(own_names("catalog_museum")))) as connection:
                yield _opened(connection, major)
        finally:
            run("DROP DATABASE catalog_museum WITH (FORCE)", "DROP TABLESPACE catalog_space")
            run(*(f"DROP ROLE {role}" for role in ROLES))


def _opened(connection: psycopg.Connection, major: int) -> Museum:
    connection.execute(own_names(SCHEMA).encode())
    connection.execute("SET allow_system_table_mods = on")
    connection.commit()
    catalog = read_catalog(Asking(connection))
    connection.rollback()
    return Museum(connection, major, catalog)


def own_names(sql: str) -> str:
    """Return statements with names of this process, for workers share a server."""
    return sql.replace("catalog_", f"catalog_{os.getpid()}_")
