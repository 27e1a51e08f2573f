"""Run steps of maintenance on a SQLite file, waiting for writers no longer than they would wait for us."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pytest_dbops.backends.sqlite import archiving
from pytest_dbops.backends.sqlite.writing import opened_for_writing, transaction, undone_on_error
from pytest_dbops.core.errors import Unreachable
from pytest_dbops.core.maintenance.archive import CopiedRow, Key, OldRows
from pytest_dbops.core.maintenance.step import Step
from pytest_dbops.core.maintenance.worker import InTheWay, OutOfTime, Patience, Worker

_CHECKPOINT = "PRAGMA wal_checkpoint"
_STEPS_BETWEEN = 10_000
"""Instructions of SQLite's virtual machine between two looks at the clock; a few milliseconds."""


class SqliteWorker:
    """One connection in autocommit; implements `Worker`."""

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self._connection = connection
        self._file = file

    def is_needed(self, step: Step) -> bool:
        """Tell whether the file is still there."""
        if not self._file.exists():
            raise Unreachable(f"there is no file {str(self._file)!r} any more")
        return True

    def run(self, step: Step, patience: Patience) -> None:
        """Run a step; a statement that is ended is rolled back by SQLite itself."""
        deadline = time.monotonic() + patience.time_s
        self._connection.execute(f"PRAGMA busy_timeout = {round(min(patience.lock_s, patience.time_s) * 1000)}")
        self._connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN)
        try:
            with undone_on_error(self._connection, self._file):
                for statement in step.statements:
                    if time.monotonic() > deadline:
                        raise OutOfTime("its time was up")
                    self._run(statement)
        finally:
            self._connection.set_progress_handler(None, 0)

    def _run(self, statement: str) -> None:
        if not statement.startswith(_CHECKPOINT):
            # Python's execute() takes one step only of a statement without columns; incremental_vacuum frees one page.
            self._connection.executescript(statement)
            return
        busy, *_ = self._connection.execute(statement).fetchone()
        if busy and statement.endswith("(TRUNCATE)"):
            raise InTheWay("another connection reads or writes, so the -wal file cannot be emptied")

    def clear(self, step: Step, patience: Patience) -> tuple[str, ...]:
        """Return nothing: each statement is a transaction of the file, which the next reader undoes."""
        return ()

    def read_old(self, old: OldRows, after: Key | None, limit: int) -> list[CopiedRow]:
        """Read a batch of old rows; see `Worker`."""
        with undone_on_error(self._connection, self._file):
            return archiving.read_old(self._connection, old, after, limit)

    def delete_old(self, old: OldRows, copied: Sequence[CopiedRow], patience: Patience) -> int:
        """Delete a batch in one transaction; see `Worker`."""
        self._connection.execute(f"PRAGMA busy_timeout = {round(min(patience.lock_s, patience.time_s) * 1000)}")
        self._connection.execute("PRAGMA foreign_keys = ON")
        with transaction(self._connection, self._file):
            return archiving.delete_old(self._connection, old, copied)


class SqliteMaintainer:
    """Opens workers; implements `Maintainer`."""

    @contextmanager
    def open_worker(self, url: str, *, timeout_s: float, application: str) -> Iterator[Worker]:
        """Open the file for writing, never making one; see `Maintainer`."""
        with opened_for_writing(url, lock_s=timeout_s) as (connection, file):
            yield SqliteWorker(connection, file)


MAINTAINER = SqliteMaintainer()
