"""A file that is no database is refused with nothing left open on it; Python 3.13 and newer warn of what is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends.sqlite.copying import FileCopy
from pytest_dbops.backends.sqlite.isolation import SqliteKeeper


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "app.sqlite3"
    file.write_bytes(b"no database" * 100)
    return file


def test_no_copy_of_it_stays_open(file: Path) -> None:
    with closing(FileCopy(file)) as copy, pytest.raises(sqlite3.DatabaseError, match="not a database"):
        copy.take()


def test_no_keeper_of_it_stays_open(file: Path) -> None:
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        SqliteKeeper(file, template=file)
