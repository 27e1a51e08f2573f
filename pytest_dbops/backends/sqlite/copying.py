"""Keep a copy of a SQLite file in memory, and put it back in place while others hold the file open."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge

_PATIENCE_S = 2.0


class FileCopy:
    """The state a database file was last `take`n in; SQLite's backup interface goes both ways.

    Other connections notice what was put back as they notice any other writer, and read their schema anew. Its own is
    kept open between two copies: it holds no lock while it is idle.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: sqlite3.Connection | None = None
        self._own: sqlite3.Connection | None = None

    def take(self) -> None:
        """Copy the file as it is committed now; raises CannotJudge while somebody writes to it."""
        kept, self._kept = self._kept or sqlite3.connect(":memory:"), None
        try:
            self._copy(self._open(), kept, "copied")
        except CannotJudge:
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
            self._own = sqlite3.connect(self._file, timeout=_PATIENCE_S)
        return self._own

    def _copy(self, source: sqlite3.Connection, target: sqlite3.Connection, what: str) -> None:
        try:
            source.backup(target)
        except sqlite3.Error as err:
            raise CannotJudge(f"the scratch file {self._file.name!r} cannot be {what}: {err}") from err
