"""One read-only session on a SQLite file: a read transaction on a connection that cannot write.

Four walls, each enough alone for the file itself: `mode=ro`, `PRAGMA query_only`, an authorizer that denies
all but reading, and the held read transaction. A file in rollback-journal mode makes writers wait while a
session is open; one in WAL mode does not.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pytest_dbops.backends.sql_text import require_values, unique_names
from pytest_dbops.backends.sqlite.connect import Opened
from pytest_dbops.backends.sqlite.faults import fault_of
from pytest_dbops.backends.sqlite.guard import BLOCKS, Authorizer, readable
from pytest_dbops.core.errors import CannotJudge, NotReadable, Unreachable
from pytest_dbops.core.session import Capabilities, Identity, Limits, Parameters, ResultRow

_STEPS_BETWEEN_LOOKS_AT_THE_CLOCK = 10_000


class SqliteSession:
    """An open gate session; made by `Backend.open_session`, see `Session` for what its methods promise.

    note: how the file had to be opened, in words; empty when nothing is unusual.
    """

    __slots__ = (
        "_authorizer", "_capabilities", "_connection", "_deadline", "_file", "_identity", "_is_closed",
        "_is_streaming", "_limits", "_path", "note",
    )  # fmt: skip

    def __init__(
        self,
        opened: Opened,
        *,
        identity: Identity,
        path: Path,
        limits: Limits,
        capabilities: Capabilities,
    ) -> None:
        connection = self._connection = opened.connection
        self._identity = identity
        self._path = path
        self._limits = limits
        self._capabilities = capabilities
        self._authorizer = Authorizer()
        self._deadline = 0.0
        self._is_closed = False
        self._is_streaming = False
        self.note = opened.note
        self._file = _traits(path, is_immutable=bool(opened.note))
        connection.set_authorizer(self._authorizer)
        connection.set_progress_handler(self._is_over_time, _STEPS_BETWEEN_LOOKS_AT_THE_CLOCK)

    @property
    def dialect(self) -> str:
        """`sqlite`."""
        return self._capabilities.dialect

    @property
    def identity(self) -> Identity:
        """Which file the session is on."""
        return self._identity

    @property
    def capabilities(self) -> Capabilities:
        """What SQLite can do."""
        return self._capabilities

    def query(self, sql: str, params: Parameters | None = None) -> Sequence[ResultRow]:
        """Run one reading statement and return all its rows."""
        with self._running(sql, params) as cursor:
            return list(_by_name(cursor))

    def scalar(self, sql: str, params: Parameters | None = None) -> Any:
        """Return the first column of the first row, or None when there is no row."""
        rows = self.query(sql, params)
        return next(iter(rows[0].values()), None) if rows else None

    def sample(self, sql: str, limit: int, params: Parameters | None = None) -> tuple[Sequence[ResultRow], int]:
        """Return at most `limit` rows and the number of all; rows beyond the limit are counted, not kept."""
        kept: list[ResultRow] = []
        count = 0
        with self._running(sql, params) as cursor:
            for count, row in enumerate(_by_name(cursor), start=1):
                if count <= limit:
                    kept.append(row)
        return kept, count

    def stream(
        self, sql: str, params: Parameters | None = None, *, block_rows: int = 10_000
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of a statement in blocks."""
        if readable(sql).keyword not in BLOCKS:
            raise NotReadable("only SELECT, WITH and VALUES can be read in blocks")
        with self._running(sql, params) as cursor:
            self._is_streaming = True
            try:
                while rows := cursor.fetchmany(max(1, block_rows)):
                    self._deadline = 0.0  # what the reader does between two blocks takes no time of the statement
                    yield rows
                    self._deadline = time.monotonic() + self._limits.statement_timeout_s
            finally:
                self._is_streaming = False

    def round_trip_ms(self) -> float:
        """Return the time of one `SELECT 1`, in milliseconds."""
        started = time.perf_counter()
        self.query("SELECT 1")
        return (time.perf_counter() - started) * 1000

    def verify(self) -> None:
        """Prove that the transaction, the authorizer and the file are still those the session began with."""
        self._require_open()
        found = [*self._broken_walls(), *self._changes_of_the_file()]
        if found:
            raise CannotJudge(f"the session is not what it was opened as: {'; '.join(found)}")

    def close(self) -> None:
        """End the session; never raises."""
        self._is_closed = True
        with suppress(sqlite3.Error):
            self._connection.close()

    @contextmanager
    def _running(self, sql: str, params: Parameters | None) -> Iterator[sqlite3.Cursor]:
        """Run a statement within its time; the cursor is closed with the block."""
        statement = readable(sql)
        values = require_values(statement, params)
        self._require_open()
        self._authorizer.denied = ""
        self._deadline = time.monotonic() + self._limits.statement_timeout_s
        cursor = self._connection.cursor()
        try:
            cursor.execute(statement.text, {name: _bindable(value) for name, value in values.items()})
            yield cursor
        except sqlite3.Error as err:
            raise fault_of(err, denied=self._authorizer.denied, timeout_s=self._limits.statement_timeout_s) from None
        except sqlite3.Warning as err:  # what Python before 3.12 says to a second statement
            raise NotReadable(str(err)) from None
        except (UnicodeError, OverflowError) as err:
            raise CannotJudge(f"a parameter cannot be handed to SQLite: {err}") from None
        finally:
            self._deadline = 0.0
            with suppress(sqlite3.Error):
                cursor.close()

    def _is_over_time(self) -> bool:
        return 0 < self._deadline < time.monotonic()

    def _require_open(self) -> None:
        if self._is_streaming:
            raise CannotJudge("rows are being read in blocks; close that iterator before anything else is asked")
        if self._is_closed:
            raise Unreachable("the session is closed")
        try:
            is_open = self._connection.in_transaction
        except sqlite3.ProgrammingError:
            raise Unreachable("the session was closed from outside") from None
        if not is_open:
            raise CannotJudge("the session was taken out of its read transaction; nothing more is read")

    def _broken_walls(self) -> Iterator[str]:
        if not self._connection.execute("PRAGMA query_only").fetchone()[0]:
            yield "query_only was switched off"
        if self._connection.total_changes:
            yield f"{self._connection.total_changes} rows were changed on its connection"
        with suppress(sqlite3.Error):
            self._connection.execute("SAVEPOINT dbops_probe")
            self._connection.execute("RELEASE dbops_probe")
            yield "its authorizer was taken away"

    def _changes_of_the_file(self) -> Iterator[str]:
        try:
            now = _traits(self._path, is_immutable=bool(self.note))
        except OSError:
            yield "its file is gone"
            return
        if now != self._file:
            yield "its file was replaced or changed in the meantime"


def _bindable(value: object) -> object:
    """Return dates as the text SQLite's own functions read; the driver's way to do so is going away."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value


def _traits(path: Path, *, is_immutable: bool) -> tuple[int, ...]:
    """Return what tells a file from its replacement; for an immutable one also from its change."""
    facts: os.stat_result = path.stat()
    changing = (facts.st_size, facts.st_mtime_ns) if is_immutable else ()
    return facts.st_dev, facts.st_ino, *changing


def _by_name(cursor: sqlite3.Cursor) -> Iterator[ResultRow]:
    names = unique_names([column[0] for column in cursor.description or ()])
    for values in cursor:
        yield dict(zip(names, values, strict=True))
