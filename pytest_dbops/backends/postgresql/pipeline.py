"""Several statements in one round trip, in the extended protocol, with errors as this project's exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.rows import RowMaker

from pytest_dbops.backends.postgresql.faults import STATEMENT, fault_of
from pytest_dbops.backends.postgresql.watchdog import Watchdog
from pytest_dbops.backends.sql_text import unique_names
from pytest_dbops.core.errors import CannotJudge, Unreachable
from pytest_dbops.core.frozen import frozen

Row = dict[str, Any]
R = TypeVar("R")
Command = tuple[str, dict[str, object] | None]


@frozen
class Wire:
    """A connection, how long one command on it may take by its limits, and who watches over that."""

    connection: psycopg.Connection[Any]
    patience_s: float
    watchdog: Watchdog


def send(wire: Wire, commands: Sequence[Command]) -> list[psycopg.Cursor[Row]]:
    """Send all commands, wait for all answers, and return their cursors.

    A command behind one that failed is not run. Raises what `answered` raises, for the first failure.
    """
    with answered(wire, len(commands)):
        return _send(wire.connection, commands, [wire.connection.cursor(row_factory=_by_name) for _ in commands])


def send_for_tuples(wire: Wire, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
    """Send all statements, and return the rows of each as tuples; one round trip. Raises what `send` raises."""
    cursors = [wire.connection.cursor() for _ in statements]
    with answered(wire, len(statements)):
        _send(wire.connection, [(text, None) for text in statements], cursors)
        return [cursor.fetchall() for cursor in cursors]


@contextmanager
def answered(wire: Wire, commands: int = 1) -> Iterator[None]:
    """Wait for the answers of a block no longer than its limits allow; else raises what `translated` raises."""
    wire.watchdog.wait_for(wire.patience_s * commands)
    try:
        with translated(wire.connection):
            yield
    except Unreachable:
        if wire.watchdog.has_cut:
            raise Unreachable("the connection was lost: no answer within the time limits, so it was cut") from None
        raise
    finally:
        wire.watchdog.relax()


def fetched(cursor: psycopg.Cursor[Row]) -> list[Row]:
    """Return the rows a statement brought; none for a statement that brings no rows."""
    with translated(cursor.connection):
        return cursor.fetchall() if cursor.description is not None else []


@contextmanager
def translated(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Turn the driver's exceptions into MissingPrivilege, TimedOut, NotReadable, Unreachable or CannotJudge."""
    try:
        yield
    except psycopg.Error as err:
        fault = fault_of(err, connection.info.user if not connection.closed else "")
        if connection.closed and not isinstance(fault, Unreachable):
            fault = Unreachable(f"the connection was lost: {fault}")
        raise fault from None
    except UnicodeError:
        raise CannotJudge("a text is not valid UTF-8 (a parameter, or a database in SQL_ASCII)") from None


def _send(
    connection: psycopg.Connection[Any], commands: Sequence[Command], cursors: list[psycopg.Cursor[R]]
) -> list[psycopg.Cursor[R]]:
    # psycopg may report the failure while later commands are sent or only at the end, and logs a second one;
    # so both places are watched, and the first counts.
    first: psycopg.Error | None = None
    try:
        # The end of the block synchronises; a sync() before it would wait by itself: a second round trip.
        with connection.pipeline():
            try:
                for cursor, (text, values) in zip(cursors, commands, strict=True):
                    cursor.execute(text.encode(), values)
            except psycopg.Error as err:
                first = err
    except psycopg.Error as err:
        first = first or err
    if first is not None:
        first.__dict__[STATEMENT] = _as_sent(*commands[0])
        raise first
    return cursors


def _as_sent(text: str, values: dict[str, object] | None) -> str:
    """Return a statement as the server saw it, so that the position it tells is one in this text."""
    if values is None:
        return text
    numbers = {name: f"${number}" for number, name in enumerate(values, start=1)}
    return re.sub(r"%%|%\((\w+)\)s", lambda found: numbers.get(found[1], "%"), text)


def _by_name(cursor: psycopg.Cursor[Any]) -> RowMaker[Row]:
    names = unique_names([column.name for column in cursor.description or ()])

    def row(values: Sequence[Any]) -> Row:
        return dict(zip(names, values, strict=True))

    return row
