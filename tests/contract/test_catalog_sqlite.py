"""Every attribute of every SQLite object shows in the fingerprint; what means nothing does not."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from pytest_dbops.backends.sqlite.catalog import read_catalog
from pytest_dbops.core.catalog import Catalog, diff
from tests.contract.catalog_cases import FOLDER, Case, load_cases

SCHEMA = (FOLDER / "sqlite_schema.sql").read_text()
ALTERATIONS = load_cases("sqlite_alterations")
HARMLESS = load_cases("sqlite_harmless", default=frozenset())


class Asking:
    """A sqlite3 connection as the reader wants it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def query(self, sql: str) -> list[tuple[object, ...]]:
        return self._connection.execute(sql).fetchall()


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A database in memory with one object of every kind."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        yield connection


def rewritten(connection: sqlite3.Connection, sql: str) -> str:
    """Return a case's statements; ``rewrite`` becomes the table's own text, made again with the change."""
    match = re.fullmatch(r"rewrite (\w+): (.*?) =>(.*)\n+", sql)
    if match is None:
        return sql
    table, old, new = match.groups()
    rows = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'table' DESC", [table]
    )
    texts = [re.sub(r"\s+", " ", text) for (text,) in rows]
    assert old in texts[0]
    return ";\n".join([f"DROP TABLE {table}", texts[0].replace(old, new.strip(), 1), *texts[1:]]) + ";"


def after(connection: sqlite3.Connection, case: Case) -> tuple[Catalog, Catalog]:
    before = read_catalog(Asking(connection))
    connection.executescript("BEGIN;" + rewritten(connection, case.sql))
    return before, read_catalog(Asking(connection))


@pytest.mark.parametrize("case", ALTERATIONS, ids=lambda case: case.name)
def test_altering_one_attribute_changes_the_fingerprint(connection: sqlite3.Connection, case: Case) -> None:
    old, new = after(connection, case)
    facets = {difference.facet for difference in diff(old, new).differences}
    assert case.facets <= facets <= case.facets | case.also
    assert new.fingerprint != old.fingerprint


@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.name)
def test_harmless_change_leaves_the_fingerprint_equal(connection: sqlite3.Connection, case: Case) -> None:
    old, new = after(connection, case)
    difference = diff(old, new)
    assert {item.facet for item in difference.differences} == case.facets, difference.render()
    assert new.fingerprint == old.fingerprint
