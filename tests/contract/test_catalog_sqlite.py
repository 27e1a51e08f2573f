"""Every attribute of every SQLite object shows in the fingerprint; what means nothing does not."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from pytest_dbops.backends.sqlite.catalog import RepeatedReader, read_catalog
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


def test_broken_view_and_missing_module_do_not_stop_the_reading(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "CREATE VIEW broken AS SELECT absent FROM nowhere; PRAGMA writable_schema = ON;"
        "INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)"
        " VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING missing (a)');"
        "PRAGMA writable_schema = RESET;"
    )
    catalog = read_catalog(Asking(connection))
    assert [view.name for view in catalog.views] == ["broken", "item_view"]
    assert catalog.table("main", "odd").module == "missing(a)"


def test_shadow_tables_are_no_tables_of_the_user(connection: sqlite3.Connection) -> None:
    names = [table.name for table in read_catalog(Asking(connection)).tables]
    assert [name for name in names if name.startswith("documents")] == ["documents"]


def test_reading_many_tables_takes_no_pass_over_all_for_each(connection: sqlite3.Connection) -> None:
    connection.executescript("".join(f"CREATE TABLE many_{n} (id INTEGER PRIMARY KEY, a TEXT);" for n in range(2000)))
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection.set_progress_handler(count, 1000)
    assert len(read_catalog(Asking(connection)).tables) > 2000
    connection.set_progress_handler(None, 0)
    assert steps < 2000


CHANGES = (
    "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT UNIQUE)",
    "CREATE TABLE b (id INT PRIMARY KEY, a_id REFERENCES A) WITHOUT ROWID",
    "CREATE INDEX i ON b (a_id) WHERE a_id > 3",
    "CREATE VIEW v AS SELECT * FROM a",
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
    "ALTER TABLE a RENAME COLUMN id TO ident",
    "ALTER TABLE a ADD COLUMN y INT CHECK (y > 3)",
    "DROP TABLE a",
    "CREATE TABLE A (ident INTEGER PRIMARY KEY)",
    "CREATE TABLE [o'dd \"x] (id INTEGER PRIMARY KEY AUTOINCREMENT) STRICT",
    "ALTER TABLE b RENAME TO c",
    "DROP INDEX i",
    "ALTER TABLE A RENAME TO zz",
    "CREATE TRIGGER t2 INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
    "PRAGMA user_version = 5",
    "DROP VIEW v",
    "CREATE VIRTUAL TABLE f USING fts5 (x)",
    "DROP TABLE f",
)


def test_many_tables_that_change_at_once_are_read_as_if_for_the_first_time() -> None:
    names = [f"t'{number}" for number in range(6)]
    changes = [
        "; ".join(
            f'CREATE TABLE "{name}" (id INTEGER PRIMARY KEY, "B" TEXT COLLATE NOCASE, c UNIQUE)' for name in names
        ),
        "; ".join(f'CREATE INDEX "i{name}" ON "{name}" (b DESC) WHERE c > 1' for name in names),
        "; ".join(f'CREATE TRIGGER "g{name}" AFTER INSERT ON "{name}" BEGIN SELECT 1; END' for name in names[:3]),
        "; ".join(f'ALTER TABLE "{name}" ADD COLUMN d INT REFERENCES "{names[0]}"' for name in names[1:]),
        "; ".join(f'DROP INDEX "i{name}"' for name in names[:2]),
        f'ALTER TABLE "{names[0]}" RENAME COLUMN id TO ident',
        "; ".join(f'DROP TABLE "{name}"' for name in reversed(names)),
    ]
    with closing(sqlite3.connect(":memory:")) as connection:
        session, reader = Asking(connection), RepeatedReader()
        unlike = []
        for change in changes:
            connection.executescript(change)
            if reader.read(session) != read_catalog(session):
                unlike.append(change)

        assert unlike == []


def test_what_is_read_again_and_again_is_what_is_read_anew() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        session, reader = Asking(connection), RepeatedReader()
        read = []
        for change in CHANGES:
            connection.execute(change)
            read.append((change, reader.read(session) == read_catalog(session), reader.read(session)))

        assert [change for change, is_equal, _ in read if not is_equal] == []
        assert read[-1][2].table("main", "c") is read[-4][2].table("main", "c")
