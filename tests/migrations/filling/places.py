"""Databases to fill: a connection of either product, seen the way a walk over migrations would hand it in."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from pytest_dbops.backends.postgresql.catalog import read_catalog as read_postgresql
from pytest_dbops.backends.sqlite.catalog.read import read_catalog as read_sqlite
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.migrating.filling import Ground

FOLDER = Path(__file__).parent
_CASE = re.compile(
    r"^-- (?P<name>[^\[\n]+?)(?: \[since (?P<since>\d+)\])?(?: \[needs (?P<needs>\w+)\])?\n"
    r"(?P<sql>(?:(?!-- ).*\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Case:
    """A schema to fill; `since` is the oldest major version for it, `needs` an extension."""

    name: str
    sql: str
    since: int
    needs: str


def load_zoo(product: str) -> list[Case]:
    text = (FOLDER / f"zoo_{product}.sql").read_text()
    return [
        Case(found["name"], found["sql"], int(found["since"] or 0), found["needs"] or "")
        for found in _CASE.finditer(text)
    ]


@dataclass(frozen=True, slots=True)
class Place:
    """An open transaction: statements may be run, the catalog read."""

    ground: Ground
    script: Callable[[str], Any]
    catalog: Callable[[], Catalog]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.ground.query(sql)]


class _Asking:
    def __init__(self, ask: Callable[[str], Any]) -> None:
        self.query = ask


@contextmanager
def postgresql_place(url: str) -> Iterator[Place]:
    """Give a transaction that is rolled back in the end."""
    with closing(psycopg.connect(url)) as connection:

        def run(sql: str) -> Any:
            return connection.execute(sql.encode())

        def ask(sql: str) -> Any:
            return run(sql).fetchall()

        yield Place(Ground(run, ask), run, lambda: read_postgresql(_Asking(ask)))
        connection.rollback()


@contextmanager
def sqlite_place(file: Path | str = ":memory:") -> Iterator[Place]:
    """Give a transaction with foreign keys in force."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN")

        def ask(sql: str) -> Any:
            return connection.execute(sql).fetchall()

        def script(sql: str) -> None:
            pieces = ""
            for piece in re.split(r"(?<=;)", sql):
                pieces += piece
                if sqlite3.complete_statement(pieces):
                    connection.execute(pieces)
                    pieces = ""

        yield Place(Ground(connection.execute, ask), script, lambda: read_sqlite(_Asking(ask)))
