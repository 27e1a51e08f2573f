"""The autocommit connection by which scratch servers are managed; never opened on a target."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.faults import one_line
from pytest_dbops.core.errors import DbopsError, Unreachable
from pytest_dbops.core.scratch import AdminConnection

if TYPE_CHECKING:
    import psycopg

CONNECT_TIMEOUT_S = 10.0
APPLICATION = "pytest-dbops scratch"


class PostgresqlAdmin:
    """An autocommit connection, as `AdminConnection` promises."""

    __slots__ = ("_connection",)

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, sql: str) -> None:
        """Run one statement outside any transaction; raises DbopsError with the server's message."""
        with _translated(self._connection):
            self._connection.execute(sql.encode())

    def scalar(self, sql: str) -> object:
        """Return the first column of the first row, or None when there is no row."""
        with _translated(self._connection):
            row = self._connection.execute(sql.encode()).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        """Close the connection; never raises."""
        import psycopg

        with suppress(psycopg.Error, OSError):
            self._connection.close()


def connect_admin(url: str) -> AdminConnection:
    """Open an autocommit connection; raises Unreachable, without the password in its message."""
    return PostgresqlAdmin(connect(url, timeout_s=CONNECT_TIMEOUT_S, application=APPLICATION))


@contextmanager
def _translated(connection: psycopg.Connection[Any]) -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.Error as err:
        said = one_line(err.diag.message_primary or str(err).partition("\n")[0])
        raise (Unreachable if connection.closed else DbopsError)(said) from None
