"""Keep a copy of a SQLite file in memory, and put it back in place while others hold the file open."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge

_PATIENCE_S = 2.0


class FileCopy:
    """The state a database file was last `take`n in; SQLite's backup interface goes both ways.

    Other connections notice what was put back as they notice any other writer, and read their schema anew.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: sqlite3.Connection | None = None

    def take(self) -> None:
        """Copy the file as it is committed now; raises CannotJudge while somebody writes to it."""
        self.close()
        kept = sqlite3.connect(":memory:")
        with closing(self._open()) as source:
            self._copy(source, kept, "copied")
        self._kept = kept

    def put_back(self) -> None:
        """Make the file what it was; raises CannotJudge while somebody reads or writes it."""
        assert self._kept is not None
        with closing(self._open()) as target:
            self._copy(self._kept, target, "put back")

    def close(self) -> None:
        """Forget the copy."""
        if self._kept is not None:
            self._kept.close()
        self._kept = None

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=_PATIENCE_S)

    def _copy(self, source: sqlite3.Connection, target: sqlite3.Connection, what: str) -> None:
        try:
            source.backup(target)
        except sqlite3.Error as err:
            raise CannotJudge(f"the scratch file {self._file.name!r} cannot be {what}: {err}") from err
