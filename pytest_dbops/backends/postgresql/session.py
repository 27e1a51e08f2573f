"""One read-only session on PostgreSQL: a transaction that no statement leaves or marks.

Every statement runs behind the one savepoint of the transaction and is undone after it, in the same
round trip: an error spoils only itself, locks on tables are free again while the gate does other things,
and no setting, temporary object or notification lasts. Statements travel in the extended protocol, in
which the server takes one at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row

from pytest_dbops.backends.postgresql.batch import send_each
from pytest_dbops.backends.postgresql.guard import CURSOR, driver_text, readable
from pytest_dbops.backends.postgresql.pipeline import Command, Row, Wire, answered, fetched, send, send_for_tuples
from pytest_dbops.backends.postgresql.transaction import UNDO, Mark, differences
from pytest_dbops.backends.sql_text import Statement, require_values
from pytest_dbops.core.errors import CannotJudge, NotReadable, Unreachable
from pytest_dbops.core.session import Capabilities, Identity, Parameters, ResultRow


class PostgresqlSession:
    """An open gate session; made by `Backend.open_session`, see `Session` for what its methods promise."""

    __slots__ = ("_capabilities", "_connection", "_identity", "_is_streaming", "_mark", "_over", "_wire")

    def __init__(self, wire: Wire, *, identity: Identity, mark: Mark, capabilities: Capabilities) -> None:
        self._wire = wire
        self._connection = wire.connection
        self._identity = identity
        self._mark = mark
        self._capabilities = capabilities
        self._over: CannotJudge | None = None
        self._is_streaming = False

    @property
    def dialect(self) -> str:
        """`postgresql`."""
        return self._capabilities.dialect

    @property
    def identity(self) -> Identity:
        """Where the session is, found by the handshake when it was opened."""
        return self._identity

    @property
    def capabilities(self) -> Capabilities:
        """What PostgreSQL can do."""
        return self._capabilities

    def query(self, sql: str, params: Parameters | None = None) -> Sequence[ResultRow]:
        """Run one reading statement and return all its rows; one round trip, two when it fails."""
        return self._rows(readable(sql), params)

    def scalar(self, sql: str, params: Parameters | None = None) -> Any:
        """Return the first column of the first row, or None when there is no row."""
        return _first_value(self.query(sql, params))

    def sample(self, sql: str, limit: int, params: Parameters | None = None) -> tuple[Sequence[ResultRow], int]:
        """Return at most `limit` rows and the number of all; the server runs the statement once, by a cursor."""
        statement, most = readable(sql), max(0, limit)
        if statement.keyword not in CURSOR:
            rows = self._rows(statement, params)
            return rows[:most], len(rows)
        declared = "DECLARE dbops_sample NO SCROLL CURSOR FOR " + driver_text(statement)
        fetch: list[Command] = [(f"FETCH FORWARD {most:d} FROM dbops_sample", None)] if most else []
        move: Command = ("MOVE FORWARD ALL FROM dbops_sample", None)
        done = self._run([(declared, require_values(statement, params) or None), *fetch, move])
        rows = fetched(done[1]) if most else []
        moved = done[len(fetch) + 1].rowcount
        return rows, len(rows) + moved

    def query_each(self, statements: Sequence[str]) -> list[list[tuple[Any, ...]] | CannotJudge]:
        """Run statements of this project, each undone by itself, in one round trip; values come as texts.

        What the server says against one stands in its place. Raises Unreachable when the connection is lost.
        """
        self._require_open()
        try:
            return send_each(self._wire, statements)
        except Unreachable as lost:
            self._connection.close()
            self._over = lost
            raise

    def stream(
        self, sql: str, params: Parameters | None = None, *, block_rows: int = 10_000
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield the rows of a statement in blocks, by a cursor; values travel in the binary format."""
        statement = readable(sql)
        if statement.keyword not in CURSOR:
            raise NotReadable(f"{statement.keyword} cannot be read in blocks; write SELECT, WITH, VALUES or TABLE")
        declared = "DECLARE dbops_stream NO SCROLL CURSOR FOR " + driver_text(statement)
        self._require_open()
        self._is_streaming = True
        try:
            send(self._wire, [(declared, require_values(statement, params) or None)])
            while rows := self._next_block(max(1, block_rows)):
                yield rows
        except CannotJudge as err:
            self._is_streaming = False
            self._undo(err)
            raise
        finally:
            if self._is_streaming:
                self._is_streaming = False
                self._undo()

    def round_trip_ms(self) -> float:
        """Return the time of one `SELECT 1`, in milliseconds."""
        self._require_open()
        started = time.perf_counter()
        send(self._wire, [("SELECT 1", None)])
        return (time.perf_counter() - started) * 1000

    def verify(self) -> None:
        """Prove that this is still the transaction the handshake was made in, and that it wrote nothing."""
        self._require_open()
        found = differences(self._mark, self._wire)
        if found:
            self._over = CannotJudge(f"the session is not what it was opened as: {'; '.join(found)}")
            raise self._over

    def close(self) -> None:
        """End the transaction and the connection; a pooler gets its server connection back clean."""
        if self._identity.is_pooled and not self._connection.closed:
            with suppress(CannotJudge):
                send(self._wire, [("ROLLBACK", None)])
        with suppress(psycopg.Error, OSError):
            self._connection.close()

    @contextmanager
    def trusted(self) -> Iterator[TrustedReader]:
        """Give this project's own readers a session in which settings made by one statement reach the next.

        Statements are not looked at and not undone one by one; leaving the block undoes them all.
        """
        self._require_open()
        try:
            yield TrustedReader(self)
        finally:
            self._undo()

    def _rows(self, statement: Statement, params: Parameters | None) -> list[Row]:
        return fetched(self._run([(driver_text(statement), require_values(statement, params) or None)])[0])

    def _run(self, commands: Sequence[Command]) -> list[psycopg.Cursor[Row]]:
        """Run commands behind the savepoint and undo them, in one round trip."""
        self._require_open()
        try:
            return send(self._wire, [*commands, (UNDO, None)])
        except CannotJudge as err:
            self._undo(err)
            raise

    def _next_block(self, rows: int) -> list[tuple[Any, ...]]:
        with answered(self._wire), self._connection.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(f"FETCH FORWARD {rows:d} FROM dbops_stream".encode(), binary=True).fetchall()

    def _run_trusted(self, sql: str) -> list[tuple[Any, ...]]:
        self._require_open()
        try:
            with answered(self._wire):
                return self._connection.execute(sql.encode()).fetchall()
        except CannotJudge as err:
            self._undo(err)
            raise

    def _run_all_trusted(self, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        self._require_open()
        try:
            return send_for_tuples(self._wire, statements)
        except CannotJudge as err:
            self._undo(err)
            raise

    def _undo(self, err: CannotJudge | None = None) -> None:
        """Return to the savepoint; a statement that got out of the transaction ends the session."""
        if self._connection.closed:
            self._over = Unreachable(str(err or "the connection was lost"))
            return
        try:
            send(self._wire, [(UNDO, None)])
        except Unreachable as lost:
            self._over = lost
        except CannotJudge:
            self._end_outside_of_the_transaction()

    def _end_outside_of_the_transaction(self) -> NoReturn:
        self._over = NotReadable("a statement left the read-only transaction; the session is over")
        self._connection.close()
        raise self._over from None

    def _require_open(self) -> None:
        """Refuse to read outside of the transaction; mend what a failure behind the session's back left."""
        if self._is_streaming:
            raise CannotJudge("rows are being read in blocks; close that iterator before anything else is asked")
        if self._over is None and self._connection.closed:
            self._over = Unreachable("the session is closed")
        elif self._over is None and self._connection.info.transaction_status not in _OPEN:
            self._over = CannotJudge("the session was taken out of its read-only transaction; nothing more is read")
        if self._over is not None:
            raise type(self._over)(str(self._over))
        if self._connection.info.transaction_status == TransactionStatus.INERROR:
            self._undo()


class TrustedReader:
    """The session as the project's own catalog reader gets it: statements build on one another."""

    __slots__ = ("_session",)

    def __init__(self, session: PostgresqlSession) -> None:
        self._session = session

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        """Run one statement of this project and return its rows as tuples; an error undoes those before it."""
        return self._session._run_trusted(sql)

    def query_all(self, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        """Run statements one after another in one round trip and return the rows of each, as tuples."""
        return self._session._run_all_trusted(statements)


def _first_value(rows: Sequence[ResultRow]) -> Any:
    return next(iter(rows[0].values()), None) if rows else None


_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
