"""Many statements in one round trip, each undone by itself: an error spoils only the statement that made it.

Every statement is a synchronised group of its own in libpq's pipeline mode, and so is the ROLLBACK TO SAVEPOINT
behind it: what fails is undone before the next one begins (PostgreSQL manual, "Pipeline Mode").
"""

from __future__ import annotations

import select
from collections.abc import Sequence

import psycopg
from psycopg import errors, pq

from pytest_dbops.backends.postgresql.faults import fault_of
from pytest_dbops.backends.postgresql.pipeline import Wire, answered
from pytest_dbops.backends.postgresql.transaction import UNDO
from pytest_dbops.core.errors import CannotJudge

TextRow = tuple[str | None, ...]


def send_each(wire: Wire, statements: Sequence[str]) -> list[list[TextRow] | CannotJudge]:
    """Return for each statement its rows, as texts, or what the server said against it; one round trip.

    Raises Unreachable when the connection is lost on the way.
    """
    with answered(wire, len(statements)):
        results = _exchange(wire.connection.pgconn, [text.encode() for text in statements])
    return [_answer(result, wire.connection.info.user) for result in results]


def _exchange(pgconn: pq.abc.PGconn, statements: Sequence[bytes]) -> list[pq.abc.PGresult]:
    pgconn.enter_pipeline_mode()
    for text in statements:
        for command in (text, UNDO.encode()):
            pgconn.send_query_params(command, None)
            pgconn.pipeline_sync()
    _flush(pgconn)
    # Each command brings its result and an end, then the mark of its group; every other one is the undoing.
    results = [_result_of_group(pgconn) for _ in range(2 * len(statements))]
    pgconn.exit_pipeline_mode()
    return results[::2]


def _result_of_group(pgconn: pq.abc.PGconn) -> pq.abc.PGresult:
    result = _next_result(pgconn)
    while (further := _next_result(pgconn)) is None or further.status != pq.ExecStatus.PIPELINE_SYNC:
        pass
    if result is None:
        raise psycopg.OperationalError("the server answered out of turn")
    return result


def _next_result(pgconn: pq.abc.PGconn) -> pq.abc.PGresult | None:
    while pgconn.is_busy():
        select.select([pgconn.socket], [], [])
        pgconn.consume_input()
    return pgconn.get_result()


def _flush(pgconn: pq.abc.PGconn) -> None:
    while pgconn.flush():
        # The server may be stuck on an answer nobody reads yet; so both ways are waited for.
        readable, _, _ = select.select([pgconn.socket], [pgconn.socket], [])
        if readable:
            pgconn.consume_input()


def _answer(result: pq.abc.PGresult, role: str) -> list[TextRow] | CannotJudge:
    if result.status != pq.ExecStatus.TUPLES_OK:
        return fault_of(errors.error_from_result(result), role)
    columns = range(result.nfields)
    return [tuple(_text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)]


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
