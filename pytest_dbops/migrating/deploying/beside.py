"""Our own connection beside the one that works: it holds the lock, writes what was begun, and sees what is final.

It is in autocommit and idle between statements, so that it holds no snapshot: a waiter that held one would be waited
for by CREATE INDEX CONCURRENTLY, and would wait for it (PostgreSQL manual, "Building Indexes Concurrently").
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from pytest_dbops.core.deploy.journal import Entry
from pytest_dbops.core.errors import Blocked, CannotJudge, TimedOut
from pytest_dbops.migrating.deploying.tables import make_journal, read_entries, write_entry
from pytest_dbops.migrating.failures import one_line
from pytest_dbops.migrating.urls import own_url

if TYPE_CHECKING:
    from sqlalchemy import Connection

APPLICATION = "dbops deploy"
MAINTENANCE = "dbops maintenance"
LOCK_KEY = 0x6462_6F70_7301
"""`dbops` and 1; advisory locks are of one database, so that it needs to tell no databases apart."""

_POLL_S = (0.05, 0.5)
_KEY = {"key": LOCK_KEY}
_TRY = "SELECT pg_catalog.pg_try_advisory_lock(%(key)s)"
_HELD = """
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_database AS d ON d.oid = l.database AND d.datname = current_database()
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory'
AND l.objsubid = 1
AND (CAST(l.classid AS bigint) << 32) | CAST(l.objid AS bigint) = %(key)s
AND l.granted
"""
_IS_HELD = "SELECT count(*)" + _HELD + "AND l.pid = pg_catalog.pg_backend_pid()"
_HOLDER = "SELECT a.pid, a.application_name, a.usename, CAST(a.backend_start AS text)" + _HELD
_OTHERS = """
SELECT pid, application_name
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database()
AND application_name IN ('dbops deploy run', 'dbops maintenance run')
AND pid <> pg_catalog.pg_backend_pid()
ORDER BY pid
"""


class Beside:
    """The connection; on SQLite there is no lock to hold, because the file is a copy of ours."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._is_postgresql = connection.dialect.name == "postgresql"

    def acquire(self, wait_s: float, progress: Callable[[str], None], *, first: str = "") -> None:
        """Take the lock of this database, asking again and again, run `first`, and make the journal.

        Also waits for the server to end what a process that was killed had it do. Raises TimedOut, naming who holds it.
        """
        if self._is_postgresql:
            deadline, pauses = time.monotonic() + wait_s, random.Random()
            while not self.connection.exec_driver_sql(_TRY, _KEY).scalar():
                self._wait(
                    deadline, pauses, f"another deploy or maintenance holds the lock: {self._holder()}", progress
                )
            while others := self.connection.exec_driver_sql(_OTHERS).all():
                what = f"session {others[0][0]} ({others[0][1]}) still runs what a process that ended had it do"
                self._wait(deadline, pauses, what, progress)
        if first:
            self._run_plainly(first)
        try:
            make_journal(self.connection)
        except Exception as err:
            _refuse_busy(err)
            raise Blocked(
                f"the journal cannot be made: {one_line(err)}"
                " (as the database's owner: CREATE SCHEMA dbops AUTHORIZATION the role that runs this)"
            ) from err

    def prove(self, before: str) -> None:
        """Prove that the lock is still ours; raises CannotJudge when it is not, or nobody answers."""
        try:
            is_held = not self._is_postgresql or self.connection.exec_driver_sql(_IS_HELD, _KEY).scalar()
        except Exception as err:
            raise CannotJudge(
                f"the connection that held the lock was lost, so {before} was not begun: {one_line(err)} (run it again)"
            ) from err
        if not is_held:
            raise CannotJudge(f"the lock is no longer held, so {before} was not begun (run it again)")

    def write(self, entry: Entry) -> None:
        """Write a row of the journal that is final at once."""
        with _not_lost():
            write_entry(self.connection, entry)

    def change(self, work: Callable[[Connection], object]) -> None:
        """Let `work` write into the tool's own tables, each statement final at once."""
        with _not_lost():
            work(self.connection)

    def entries(self) -> tuple[Entry, ...]:
        """Return the journal, oldest first, without sources."""
        with _not_lost():
            return read_entries(self.connection)

    def applied(self, name: str, schema: str | None) -> frozenset[str]:
        """Return the rows of the version table that are final; none where there is no such table."""
        from sqlalchemy import column, inspect, select, table

        versions = table(name, column("version_num"), schema=schema)
        with _not_lost():
            if not inspect(self.connection).has_table(name, schema=schema):
                return frozenset()
            return frozenset(self.connection.scalars(select(versions.c.version_num)))

    def _run_plainly(self, sql: str) -> None:
        """Run SQL as it stands: a percent sign in it is only that."""
        try:
            with closing(self.connection.connection.cursor()) as cursor:
                cursor.execute(sql)
        except Exception as err:
            raise Blocked(f"the database cannot be emptied: {one_line(err)}") from err

    def _wait(self, deadline: float, pauses: random.Random, what: str, progress: Callable[[str], None]) -> None:
        if time.monotonic() > deadline:
            raise TimedOut(f"{what}, and did not end in time (wait longer: --wait SECONDS)")
        progress(f"waiting: {what}")
        time.sleep(pauses.uniform(*_POLL_S))

    def _holder(self) -> str:
        row = self.connection.exec_driver_sql(_HOLDER, _KEY).first()
        if row is None:
            return "a session that is just ending"
        return f"session {row[0]} of role {row[2]!r} ({row[1]}), there since {row[3]}"


@contextmanager
def _not_lost() -> Iterator[None]:
    """Tell a connection that was ended from an env.py that does not work; raises CannotJudge then."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as err:
        _refuse_busy(err)
        if not err.connection_invalidated:
            raise
        raise CannotJudge(f"the connection that held the lock was lost: {one_line(err)} (run it again)") from err


def _refuse_busy(err: Exception) -> None:
    """Raise TimedOut where another process holds a SQLite file."""
    if str(getattr(getattr(err, "orig", None), "sqlite_errorname", "")).startswith("SQLITE_BUSY"):
        raise TimedOut(f"the journal cannot be written: {one_line(err)} (another process writes; try again)") from err


@contextmanager
def open_beside(url: str, *, application: str = APPLICATION, busy_s: float = 5.0) -> Iterator[Beside]:
    """Open it with our own driver; its end frees the lock.

    application: APPLICATION or MAINTENANCE. busy_s: how long a write waits for another process on SQLite.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    is_server = url.startswith("postgresql")
    more: dict[str, object] = {"application_name": f"{application} lock"} if is_server else {"timeout": busy_s}
    engine = create_engine(own_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=more)
    try:
        connection = engine.connect()
    except Exception as err:
        raise CannotJudge(f"the database cannot be reached: {one_line(err)}") from err
    try:
        yield Beside(connection)
    finally:
        _close(connection)


def _close(connection: Connection) -> None:
    """Close it; one that was lost must not hide why."""
    with suppress(Exception):
        connection.close()
