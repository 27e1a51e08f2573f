"""See from a second session what a statement locks that is a transaction of its own.

Its locks are gone when it returns. So the second session first holds the tables that it names in a mode that the
statement must wait for, which makes even the shortest request visible; it lets go as soon as it has seen the session
wait, and goes on to look until the statement returns. It holds no snapshot, for which CREATE INDEX CONCURRENTLY
would wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.observed import LockMode

if TYPE_CHECKING:
    import psycopg

LONGEST_HOLD_S = 1.0
POLL_S = 0.001
_HOLD = (
    "BEGIN ISOLATION LEVEL READ COMMITTED",
    "SET LOCAL lock_timeout = '200ms'",
    "SET LOCAL statement_timeout = '2s'",
)
_POLL = """
SELECT CAST(l.relation AS bigint), l.mode, l.granted
  FROM pg_catalog.pg_locks AS l
 WHERE l.pid = %(pid)s AND (NOT l.granted OR (l.locktype = 'relation' AND l.relation >= 16384))
"""


class SecondSession:
    """An autocommit session on the database under observation, opened when it is first needed."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._url = url
        self._clock = clock
        self._connections: list[psycopg.Connection[Any]] = []

    def watch(self, pid: int, tables: Sequence[str]) -> Watch:
        """Begin to watch a session that is about to run a statement on the given tables (quoted names)."""
        if not self._connections:
            self._connections = [self._connect(), self._connect()]
        watch = Watch(pid, holder=self._connections[0], poller=self._connections[1], clock=self._clock)
        watch.start(tables)
        return watch

    def close(self) -> None:
        """End it; never raises."""
        for connection in self._connections:
            with suppress(Exception):
                connection.close()
        self._connections = []

    def __enter__(self) -> SecondSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> psycopg.Connection[Any]:
        from pytest_dbops.backends.postgresql.connect import connect

        return connect(self._url, timeout_s=10, application="pytest-dbops observer")


class Watch:
    """One statement under watch, from `start` to `stop`."""

    def __init__(
        self,
        pid: int,
        *,
        holder: psycopg.Connection[Any],
        poller: psycopg.Connection[Any],
        clock: Callable[[], float],
    ) -> None:
        self._pid = pid
        self._holder, self._poller = holder, poller
        self._clock = clock
        self._is_held = False
        self._over = threading.Event()
        self._seen: dict[int, set[LockMode]] = {}
        self._thread = threading.Thread(target=self._poll, name="dbops observer", daemon=True)
        self.broke = ""
        """Why nothing more was seen; empty when all went well."""
        self.let_go_s = 0.0
        """When the statement, seen waiting for us, could go on, on the clock; 0 if it never waited."""

    def start(self, tables: Sequence[str]) -> None:
        """Hold the tables, if that is possible at once, and begin to look."""
        import psycopg

        if tables:
            try:
                for command in (*_HOLD, f"LOCK TABLE ONLY {', ONLY '.join(tables)} IN SHARE UPDATE EXCLUSIVE MODE"):
                    self._holder.execute(command.encode())
                self._is_held = True
            except psycopg.Error:
                self._let_go()
        self._started_s = self._clock()
        self._thread.start()

    def stop(self) -> Mapping[int, frozenset[LockMode]]:
        """End the watch and return the modes that were held or asked for, by the relation's oid."""
        self._over.set()
        self._thread.join()
        if self._is_held:
            self._let_go()
        return {oid: frozenset(modes) for oid, modes in self._seen.items()}

    def _poll(self) -> None:
        import psycopg

        try:
            while not self._over.is_set():
                if self._look() and self._is_held:
                    # Right before we let go: the statement may be done before we hear that we have.
                    self.let_go_s = self._clock()
                    self._let_go()
                elif self._is_held and self._clock() - self._started_s > LONGEST_HOLD_S:
                    self._let_go()
                self._over.wait(POLL_S)
        except psycopg.Error as err:
            self.broke = " ".join(str(err).split())

    def _look(self) -> bool:
        """Note what the session holds and asks for; tells whether it waits."""
        waits = False
        for oid, mode, granted in self._poller.execute(_POLL.encode(), {"pid": self._pid}).fetchall():
            waits |= not granted
            if oid is not None and mode != "SIReadLock":
                self._seen.setdefault(oid, set()).add(LockMode.parse(mode))
        return waits

    def _let_go(self) -> None:
        import psycopg

        self._is_held = False
        with suppress(psycopg.Error):
            self._holder.execute(b"ROLLBACK")
