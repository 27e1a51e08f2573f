"""The words that need quotes, compared with what the products say themselves."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from pytest_dbops.checks.schema._reserved import RESERVED
from tests.fix_postgres import ScratchDatabase


@pytest.mark.parametrize("postgres_server", [14, 15, 16, 17, 18], indirect=True)
def test_reserved_words_are_those_of_postgresql(postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        rows = connection.execute("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')").fetchall()
    assert {word for (word,) in rows} - RESERVED["postgresql"] == set()
    assert RESERVED["postgresql"] - {word for (word,) in rows} <= {"system_user"}


@pytest.mark.parametrize("word", sorted(RESERVED["sqlite"]))
def test_sqlite_refuses_a_reserved_word_as_a_name(word: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(sqlite3.OperationalError, match="syntax"):
        connection.executescript(f"CREATE TABLE {word} ({word} int); SELECT {word} FROM {word};")


@pytest.mark.parametrize("word", ["user", "key", "value", "name", "type", "date", "row", "view", "first"])
def test_sqlite_takes_other_words(word: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(f"CREATE TABLE {word} ({word} int); SELECT {word} FROM {word};")
