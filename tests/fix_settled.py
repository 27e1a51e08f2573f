"""Wait until a PostgreSQL server has counted what sessions did that are over, and until all see what they did."""

from __future__ import annotations

import time

import psycopg

PATIENCE_S = 60.0
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


_COLLECTED = "SELECT pg_stat_get_snapshot_timestamp() > %s::timestamptz"
"""PostgreSQL 14 has a process that collects counters, and tells of them with a delay."""

_SEEN = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8"

_LOOK_AGAIN = "SELECT pg_stat_clear_snapshot(), pg_sleep(0.002)"
"""A transaction sees its activity and counters as they were when it first looked."""


def wait_until_counted(superuser_url: str, *, others: int = 0) -> None:
    """Wait until no more than `others` are left of the database: a session hands in its counters before it ends.

    In one transaction, however long it takes: those who count transactions are to find their own.
    """
    with psycopg.connect(superuser_url) as connection:
        _wait_until(connection, _OTHERS, [], (others,))
        if connection.info.server_version < 150000:
            (now,) = connection.execute("SELECT clock_timestamp()::text").fetchone() or ("",)
            _wait_until(connection, _COLLECTED, [now], (True,))


def wait_until_seen(superuser_url: str) -> None:
    """Wait until no transaction of the server is left that began before now, in whichever database.

    Rows that were dead before then are dead to everybody, and VACUUM removes them. Otherwise it leaves them for whoever
    logs in at that moment: it is not known yet into which database, and his snapshot is as old as those transactions.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        (now,) = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone() or ("",)
        _wait_until(connection, _SEEN, [now], (True,))


def _wait_until(connection: psycopg.Connection, query: str, given: list[object], wanted: tuple[object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while connection.execute(query.encode(), given or None).fetchone() != wanted:
        assert time.monotonic() < deadline, "the server has not settled in time"
        connection.execute(_LOOK_AGAIN)
