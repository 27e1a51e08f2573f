"""Tell an observer of every statement that SQLAlchemy runs on the connection of a migration."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.observed import Observation, Query, StatementObserver
from pytest_dbops.migrating.asking_again import ask_again

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_EVENTS = ("before_cursor_execute", "after_cursor_execute", "handle_error", "commit", "rollback")


class ObservingHook:
    """Listens to SQLAlchemy's engines; one connection is observed, the first that speaks after `begin`.

    What other connections run meanwhile is no part of the observation. Drivers are spoken to by their cursors alone,
    so that our own questions are no statements of SQLAlchemy, and asynchronous engines work through their adapters.
    """

    def __init__(self, observer: StatementObserver | None = None) -> None:
        self._observed_by = observer
        self._source = ""
        self._connection: Any = None
        self._is_listening = False
        self._asked: set[str] = set()

    @contextmanager
    def attached(self, target: Engine | type[Engine]) -> Iterator[ObservingHook]:
        """Listen to an engine, or to all of them when given the class, as long as the block runs."""
        from sqlalchemy import event

        listeners = {name: getattr(self, f"_on_{name}") for name in _EVENTS}
        for name, listener in listeners.items():
            event.listen(target, name, listener)
        try:
            yield self
        finally:
            for name, listener in listeners.items():
                event.remove(target, name, listener)

    def use(self, observer: StatementObserver) -> None:
        """Tell another observer from the next `begin` on: what is to be ignored is known only then."""
        self._observed_by = observer

    @property
    def _observer(self) -> StatementObserver:
        assert self._observed_by is not None
        return self._observed_by

    def begin(self, revision: str, *, direction: str = "upgrade", source: Path | None = None) -> None:
        """Observe from here on; `source` is the revision's file, of which lines are told."""
        self._observer.begin(revision, direction=direction)
        self._source = str(source) if source else ""
        self._connection = None
        self._is_listening = True

    def finish(self, connection: Connection | None = None) -> Observation:
        """End the observation and return it.

        connection: the observed one, if it is still open and not in a failed transaction; the last rows that were
        changed without a commit are looked at by it.
        """
        query = self._query_on(connection) if connection is not None and self._is_ours(connection) else None
        self._is_listening = False
        self._connection = None
        return self._observer.finish(query)

    def _on_before_cursor_execute(
        self, conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if self._is_ours(conn, may_adopt=True):
            self._observer.before_statement(
                self._query_on(conn), statement, line=line_in(self._source), is_autocommit=_is_autocommit(conn)
            )

    def _on_after_cursor_execute(
        self, conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if self._is_ours(conn):
            self._observer.after_statement(self._query_on(conn))

    def _on_handle_error(self, context: Any) -> None:
        conn = context.connection
        if conn is not None and self._is_ours(conn):
            query = self._query_on(conn) if _is_autocommit(conn) else None
            self._observer.statement_failed(str(context.original_exception), query)

    def _on_commit(self, conn: Connection) -> None:
        if self._is_ours(conn):
            self._observer.before_commit(self._query_on(conn))

    def _on_rollback(self, conn: Connection) -> None:
        if self._is_ours(conn):
            self._observer.rolled_back()

    def _query_on(self, conn: Connection) -> Query:
        """Return a way to ask by the driver's own cursor, which no event of SQLAlchemy sees."""

        def query(sql: str) -> Sequence[Sequence[Any]]:
            with closing(conn.connection.cursor()) as cursor:
                if sql in self._asked:
                    return ask_again(conn.connection.dbapi_connection, cursor, sql)
                self._asked.add(sql)
                cursor.execute(sql)
                return list(cursor.fetchall())

        return query

    def _is_ours(self, conn: Connection, *, may_adopt: bool = False) -> bool:
        """Tell whether a connection is the observed one, by its driver's connection: options make new wrappers."""
        if not self._is_listening:
            return False
        own = conn.connection.dbapi_connection
        if self._connection is None and may_adopt:
            self._connection = own
        return own is self._connection


def line_in(source: str) -> int:
    """Return the line of a file that is running now, the innermost one; 0 when none of it is."""
    frame = sys._getframe(1) if source else None
    while frame is not None:
        if frame.f_code.co_filename == source:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def _is_autocommit(conn: Connection) -> bool:
    """Tell whether each statement is a transaction of its own now."""
    # sqlite3 has a third answer, which is neither (LEGACY_TRANSACTION_CONTROL).
    return getattr(conn.connection.dbapi_connection, "autocommit", False) is True
