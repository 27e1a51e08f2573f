"""Keep a copy of a SQLite file in memory, and put it back in place while others hold the file open."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge

PATIENCE_S = 2.0


class FileCopy:
    """The state a database file was last `take`n in; SQLite's backup interface goes both ways.

    Other connections notice what was put back as they notice any other writer, and read their schema anew. Its own is
    kept open between two copies: it holds no lock while it is idle. Whoever holds the file is waited for `patience_s`.
    """

    def __init__(self, file: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._file = file
        self._patience_s = patience_s
        self._kept: sqlite3.Connection | None = None
        self._own: sqlite3.Connection | None = None

    def take(self) -> None:
        """Copy the file as it is committed now; raises CannotJudge while somebody writes to it."""
        kept, self._kept = self._kept or sqlite3.connect(":memory:"), None
        try:
            self._copy(self._open(), kept, "copied")
        except BaseException:
            kept.close()
            raise
        self._kept = kept

    def put_back(self) -> None:
        """Make the file what it was; raises CannotJudge while somebody reads or writes it."""
        assert self._kept is not None
        self._copy(self._kept, self._open(), "put back")

    def close(self) -> None:
        """Forget the copy, and let go of the file."""
        for each in filter(None, (self._kept, self._own)):
            each.close()
        self._kept = self._own = None

    def _open(self) -> sqlite3.Connection:
        if self._own is None:
            self._own = sqlite3.connect(self._file, timeout=self._patience_s)
            _spare_the_disk(self._own)
        return self._own

    def _copy(self, source: sqlite3.Connection, target: sqlite3.Connection, what: str) -> None:
        try:
            source.backup(target, progress=_patience(self._patience_s))
        except sqlite3.Error as err:
            raise CannotJudge(f"the scratch file {self._file.name!r} cannot be {what}: {err}") from err


def _spare_the_disk(connection: sqlite3.Connection) -> None:
    """Let what is put back need no journal on disk: a copy that a crash cuts short is never used again.

    A refusal is still undone, from a journal in memory. A write-ahead log is kept: to leave it would change the file.
    """
    connection.execute("PRAGMA synchronous = OFF")
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        connection.execute("PRAGMA journal_mode = MEMORY")


def _patience(patience_s: float) -> Callable[[int, int, int], None]:
    """Return what is told of each step of a backup: `sqlite3` tries one for ever while somebody holds the file."""
    until_s = time.monotonic() + patience_s

    def progress(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() >= until_s:
            raise sqlite3.OperationalError("database is locked")

    return progress
