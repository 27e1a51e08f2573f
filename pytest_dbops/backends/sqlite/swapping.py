"""Work on a copy of a SQLite file while nobody else writes to it, and put the copy in its place in one transaction.

A rename would leave whoever has the file open with the old one, and a `-wal` beside it with the wrong one. SQLite's
backup interface writes pages as a transaction of the file itself: whoever dies in it leaves a hot journal, or a WAL
without a commit, and the next reader finds the old database (SQLite, "Atomic Commit", "Online Backup API").
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge, TimedOut

_CHANGE_COUNTER = (24, 4)
"""Offset and length in a database file (SQLite, "Database File Format", 1.3)."""
_WAL_HEADER = (0, 48)
"""The same in a `-shm` file ("WAL-mode File Format", 2.1): its change counter and what was committed last."""
_PAGES_A_STEP = 64


class Overtaken(CannotJudge):
    """Raised when somebody wrote to the file between the end of the work and the swap; nothing was changed."""


@dataclass(slots=True)
class Held:
    """A database that only we may write to."""

    connection: sqlite3.Connection
    file: Path
    is_wal: bool

    def copy_to(self, copy: Path) -> None:
        """Copy it as it is; the copy is readable for its owner only."""
        copy.touch(mode=0o600)
        try:
            with (
                closing(sqlite3.connect(self.file, isolation_level=None)) as source,
                closing(sqlite3.connect(copy, isolation_level=None)) as target,
            ):
                source.backup(target)
        except sqlite3.Error as err:
            raise CannotJudge(f"{self.file.name!r} cannot be copied: {err}") from err

    def put_in_place(self, copy: Path) -> None:
        """Make the database what the copy is, in one transaction.

        Without a WAL the lock is kept from the first moment on. With one it has to be given back for an instant;
        whoever wrote in it is found out before anything is final: then Overtaken is raised.
        """
        try:
            with closing(sqlite3.connect(copy, isolation_level=None)) as source:
                pages = source.execute("PRAGMA page_count").fetchone()[0]
                if self.is_wal:
                    self._over_a_wal(source, pages)
                else:
                    self.connection.execute("COMMIT")
                    source.backup(self.connection)
        except sqlite3.Error as err:
            raise CannotJudge(
                f"the copy cannot be put in place of {self.file.name!r}: {err} (it is as it was; run it again)"
            ) from err

    def _over_a_wal(self, source: sqlite3.Connection, pages: int) -> None:
        index = os.open(f"{self.file}-shm", os.O_RDONLY)
        try:
            before = os.pread(index, _WAL_HEADER[1], _WAL_HEADER[0])

            def compare(status: int, remaining: int, total: int) -> None:
                if remaining and os.pread(index, _WAL_HEADER[1], _WAL_HEADER[0]) != before:
                    raise Overtaken(f"somebody wrote to {self.file.name!r} just before the swap; it is as they left it")

            self.connection.execute("COMMIT")
            # At least two steps, so that there is a moment between having the lock and being done.
            step = max(1, min(_PAGES_A_STEP, pages // 2))
            source.backup(self.connection, pages=step, progress=compare, sleep=0)
        finally:
            os.close(index)


@contextmanager
def held_for_writing(file: Path, *, patience_s: float) -> Iterator[Held]:
    """Keep everybody else from writing to a database; those who read go on. Raises TimedOut when it is being written.

    Without a WAL, others are kept from reading for as long as the swap takes.
    """
    with closing(sqlite3.connect(file, timeout=patience_s, isolation_level=None)) as connection:
        try:
            is_wal = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            if not is_wal:
                # The lock then outlives the transaction, up to the end of the connection ("PRAGMA locking_mode").
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as err:
            raise TimedOut(
                f"{file.name!r} cannot be held for a deploy: {err} (another process writes to it; end it, or try again)"
            ) from err
        yield Held(connection, file, is_wal)


def verify_sound(copy: Path) -> None:
    """Raise CannotJudge when a database is damaged, or rows of it refer to rows that are not there."""
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise CannotJudge(f"the migrated copy is damaged, and was not put in place: {said}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as err:
        raise CannotJudge(f"the migrated copy cannot be read, and was not put in place: {err}") from err


def dangling_references(copy: Path) -> frozenset[tuple[str, str]]:
    """Return (table, table it refers to) of rows whose reference leads nowhere."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        return frozenset((str(row[0]), str(row[2])) for row in connection.execute("PRAGMA foreign_key_check"))
