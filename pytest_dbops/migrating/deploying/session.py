"""The settings of the project's own connection while it deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_dbops.core.deploy.outcome import Limits
from pytest_dbops.migrating.deploying.beside import APPLICATION
from pytest_dbops.migrating.walking.connection import WalkConnection

if TYPE_CHECKING:
    from sqlalchemy import Connection

# A server that is not told of a client's death ends its statement only when it has something to say.
_SETTINGS = {"client_connection_check_interval": "500"}


def prepare(connection: WalkConnection, limits: Limits) -> int | None:
    """Set limits and name for the whole session, and return its process on the server; None on SQLite.

    The lock timeout of the session is the long one: it holds outside of transactions, where CONCURRENTLY waits.
    """
    if connection.dialect != "postgresql":
        connection.close()  # env.py may have begun what keeps the file from being written by anybody else
        return None
    wanted = {
        "application_name": f"{APPLICATION} run",
        "lock_timeout": str(max(1, round(limits.concurrent_s * 1000))),
        **_SETTINGS,
    }
    setting = ", ".join(f"pg_catalog.set_config('{name}', '{value}', false)" for name, value in wanted.items())
    (row,) = connection.query(f"SELECT pg_catalog.pg_backend_pid(), {setting}")
    connection.close()
    return int(row[0])


def shorten_lock_timeout(connection: Connection, limits: Limits) -> None:
    """Set the short lock timeout for the transaction that is open (PostgreSQL)."""
    if connection.dialect.name == "postgresql":
        milliseconds = max(1, round(limits.lock_s * 1000))
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
