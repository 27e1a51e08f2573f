"""Reading a SQLite file takes no lock from anybody: not from other processes, and not from our own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.sqlite.file_locks import read_locks
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.session import Limits

LIMITS = Limits(connect_timeout_s=5, statement_timeout_s=5, lock_timeout_s=5)


@pytest.fixture(params=["delete", "wal"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file in one of the two ways of journalling."""
    file = tmp_path / "app.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode = {request.param}")
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)")
    return file


@pytest.fixture
def writer(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection of this process in the middle of a write transaction."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_session_leaves_a_writer_of_the_same_process_its_lock(database: Path, writer: sqlite3.Connection) -> None:
    backend = backend_for("sqlite")
    with backend.open_session(
        f"sqlite:///{database}", limits=LIMITS, expect=Expectation(), application="gate"
    ) as session:
        backend.read_statistics(session)
    assert [lock.pid for lock in read_locks(database)] == [os.getpid()]


def test_asking_for_locks_takes_none(database: Path, writer: sqlite3.Connection) -> None:
    read_locks(database)
    with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        writer.execute("COMMIT")
        other.execute("BEGIN IMMEDIATE")


def test_file_that_is_not_there_has_no_locks(tmp_path: Path) -> None:
    assert read_locks(tmp_path / "absent.db") == ()
