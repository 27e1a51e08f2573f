"""psycopg connections for tests: their statements are noted, and a closed one serves the next test as if it were new.

Opening a connection costs the server a process, which is most of the time of a test that opens one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import pq

MOST_KEPT = 4


class Bank:
    """Connections to one database that tests have closed: rolled back and without any state of a session."""

    def __init__(self, url: str, note: Callable[[object], None]) -> None:
        self._url = url
        self._note = note
        self._kept: list[pq.abc.PGconn] = []
        self._type = _connection_type(self)

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection in the state of a new one."""
        while self._kept:
            server = self._kept.pop()
            if server.status == pq.ConnStatus.OK:
                return self._type(server)
        return self._type.connect(self._url)

    def note(self, statement: Any, context: Any) -> None:
        """Note a statement that is run."""
        self._note(statement if isinstance(statement, str | bytes) else statement.as_string(context))

    def take_back(self, server: pq.abc.PGconn) -> bool:
        """Keep a connection that its test has closed; return False for one that has to be closed for good."""
        if len(self._kept) >= MOST_KEPT or server.status != pq.ConnStatus.OK:
            return False
        if server.transaction_status != pq.TransactionStatus.IDLE:
            if server.transaction_status not in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR):
                return False
            server.exec_(b"ROLLBACK")
        if server.exec_(b"DISCARD ALL").status != pq.ExecStatus.COMMAND_OK:
            return False
        self._kept.append(server)
        return True

    def close(self) -> None:
        """Close what is kept."""
        while self._kept:
            self._kept.pop().finish()


def _connection_type(bank: Bank) -> type[psycopg.Connection[Any]]:
    class NotingCursor(psycopg.Cursor[Any]):
        """A cursor that tells what it runs."""

        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            bank.note(query, self)
            return super().execute(query, *args, **options)

        def executemany(self, query: Any, *args: Any, **options: Any) -> None:
            bank.note(query, self)
            super().executemany(query, *args, **options)

        def copy(self, statement: Any, *args: Any, **options: Any) -> Any:
            bank.note(statement, self)
            return super().copy(statement, *args, **options)

    class LentConnection(psycopg.Connection[Any]):
        """A connection that goes back to the bank when it is closed."""

        def __init__(self, pgconn: pq.abc.PGconn, *args: Any, **options: Any) -> None:
            super().__init__(pgconn, *args, **options)
            self.cursor_factory = NotingCursor

        def close(self) -> None:
            """Give the server's side back; this object is closed."""
            if self.closed:
                return
            server, self.pgconn, self._closed = self.pgconn, _nowhere(), True
            if not bank.take_back(server):
                server.finish()

    return LentConnection


def _nowhere() -> pq.abc.PGconn:
    """Return a connection that was never made: what a closed one has in its place."""
    return pq.PGconn.connect(b"host=/dev/null port=1")
