"""A copy of a SQLite file is put back as it was, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends.sqlite.copying import FileCopy
from pytest_dbops.core.errors import CannotJudge


@pytest.fixture(params=("delete", "wal"))
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file with one row, in each sort of journal."""
    with closing(sqlite3.connect(tmp_path / "app.sqlite3")) as connection:
        assert connection.execute(f"PRAGMA journal_mode = {request.param}").fetchone() == (request.param,)
        connection.execute("CREATE TABLE note (text)")
        connection.execute("INSERT INTO note VALUES ('old')")
        connection.commit()
        yield connection


@pytest.fixture
def copy(project: sqlite3.Connection, tmp_path: Path) -> Iterator[FileCopy]:
    """A copy that was taken of it."""
    with closing(FileCopy(tmp_path / "app.sqlite3", patience_s=0.05)) as made:
        made.take()
        yield made


def test_put_back_file_is_as_it_was_for_connections_that_hold_it_open(
    project: sqlite3.Connection, copy: FileCopy
) -> None:
    journal = project.execute("PRAGMA journal_mode").fetchone()
    project.execute("CREATE TABLE more AS SELECT * FROM note")
    project.execute("DELETE FROM note")
    project.commit()

    copy.put_back()

    assert project.execute("SELECT name FROM sqlite_schema").fetchall() == [("note",)]
    assert project.execute("SELECT text FROM note").fetchall() == [("old",)]
    assert project.execute("PRAGMA journal_mode").fetchone() == journal


def test_file_that_somebody_writes_to_is_refused_and_left_alone(project: sqlite3.Connection, copy: FileCopy) -> None:
    project.execute("INSERT INTO note VALUES ('new')")

    with pytest.raises(CannotJudge, match=r"'app\.sqlite3' cannot be put back"):
        copy.put_back()
    project.commit()

    assert project.execute("SELECT text FROM note").fetchall() == [("old",), ("new",)]
    assert project.execute("PRAGMA integrity_check").fetchone() == ("ok",)
