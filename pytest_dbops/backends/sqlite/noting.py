"""A connection for tests whose statements somebody notes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any


class _Connection(sqlite3.Connection):
    """One that is closed at the end of a `with` block, as psycopg's is: a test is written alike for both products."""

    def __exit__(self, *error: Any) -> Any:
        """Commit, or roll back where an error ends the block, and close."""
        try:
            return super().__exit__(*error)
        finally:
            self.close()


def open_noting(file: Path, note: Callable[[object], None]) -> Any:
    """Return a connection of sqlite3 that hands each statement to `note` as it is run; foreign keys count on it."""
    connection = sqlite3.connect(file, factory=_Connection)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.set_trace_callback(note)
    return connection


def library_version() -> str:
    """Return the version of the SQLite library."""
    return sqlite3.sqlite_version
