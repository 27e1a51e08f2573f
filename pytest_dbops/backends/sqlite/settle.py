"""Bring a database that its last user has left into one file, without a journal or a WAL beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge


def settle(file: Path) -> None:
    """Take in what a process left in `-wal` or `-journal` when it ended with open connections.

    Raises CannotJudge when the file is no sound database. Makes an empty file where there is none.
    """
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as err:
        raise CannotJudge(f"the database {str(file)!r} cannot be finished: {err}") from err
