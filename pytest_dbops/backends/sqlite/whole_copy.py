"""Copy a whole SQLite file by the backup interface, as of one moment, and read the copy back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from pytest_dbops.backends.sqlite.urls import place_of
from pytest_dbops.core.copying import Answers
from pytest_dbops.core.errors import Blocked, CannotJudge


class SqliteCopying:
    """Implements `CopyingProduct`."""

    def write_copy(self, url: str, file: Path, questions: Sequence[str], *, tool: Path | None) -> Answers:
        """Copy the file inside of a reading transaction; see `CopyingProduct`."""
        try:
            with closing(_reading(place_of(url).path)) as source:
                source.execute("BEGIN")
                answers = _answers(source, questions)
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                with closing(sqlite3.connect(file)) as target:
                    source.backup(target)
                source.execute("COMMIT")
        except OSError as err:
            raise Blocked(f"the copy {str(file)!r} cannot be written: {err.strerror}") from None
        except sqlite3.Error as err:
            raise CannotJudge(f"the database cannot be copied: {err}") from None
        return answers

    def read_copy(self, file: Path, questions: Sequence[str], *, tool: Path | None, url: str) -> Answers:
        """Check the copy's pages and ask it; see `CopyingProduct`."""
        try:
            with closing(_reading(file)) as copy:
                if (told := copy.execute("PRAGMA integrity_check(1)").fetchone()) != ("ok",):
                    raise Blocked(f"the copy {file.name!r} is damaged: {told[0]}")
                return _answers(copy, questions)
        except sqlite3.Error as err:
            raise Blocked(f"the copy {file.name!r} cannot be read: {err}") from None


def _reading(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro", uri=True, isolation_level=None)


def _answers(connection: sqlite3.Connection, questions: Sequence[str]) -> Answers:
    return tuple(
        tuple(sorted(tuple(map(str, row)) for row in connection.execute(question))) for question in questions
    )  # fmt: skip


COPYING = SqliteCopying()
