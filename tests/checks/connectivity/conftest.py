"""Servers of this folder's own, one a major version, because its tests turn them upside down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pytest_dbops.core.scratch import ScratchServer, ServerRequest
from pytest_dbops.provisioning import scratch_server
from tests.checks.connectivity.asking import wait_until
from tests.fix_postgres import BINDIRS

MAJORS = (14, 15, 16, 17, 18)
SETTINGS = (
    ("wal_level", "logical"),
    ("max_wal_senders", "5"),
    ("max_replication_slots", "5"),
    ("max_prepared_transactions", "5"),
    ("max_connections", "40"),
    ("shared_buffers", "16MB"),
)
PLAIN, MONITOR = "plain", "watcher"


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"postgresql{major}")
def server(request: pytest.FixtureRequest, postgres_majors: tuple[int, ...]) -> Iterator[ScratchServer]:
    """A server with two-phase commit and logical replication, with a plain role and one with pg_monitor."""
    if request.param not in postgres_majors:
        pytest.skip(f"PostgreSQL {request.param} is not on this machine, only {postgres_majors}")
    with scratch_server(ServerRequest(major=request.param, bindirs=BINDIRS, settings=SETTINGS)) as started:
        with psycopg.connect(started.admin_url, autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {PLAIN} LOGIN")
            admin.execute(f"CREATE ROLE {MONITOR} LOGIN IN ROLE pg_monitor")
        yield started


@dataclass
class Target:
    """A fresh database on the server; connections opened through it are closed with the test."""

    server: ScratchServer
    name: str
    opened: ExitStack = field(default_factory=ExitStack)

    def url(self, role: str | None = None) -> str:
        """The URL for the superuser, or for a role."""
        return self.server.url(self.name, role=role)

    def connect(self, role: str | None = None, *, application: str = "app") -> psycopg.Connection:
        """Open a connection in autocommit mode."""
        made = psycopg.connect(self.url(role), autocommit=True, application_name=application)
        return self.opened.enter_context(closing(made))

    def begin(self, role: str | None = None) -> psycopg.Connection:
        """Open a connection that is idle in a transaction which has an id."""
        made = self.connect(role)
        made.execute("BEGIN")
        made.execute("SELECT pg_current_xact_id()")
        return made

    def start(self, statement: str, role: str | None = None) -> psycopg.Connection:
        """Open a connection and send a statement without waiting for its answer; it is at work on return."""
        made = self.connect(role)
        made.pgconn.send_query(statement.encode())
        pid = made.info.backend_pid
        asking = self.connect()
        wait_until(lambda: self._is_at_work(asking, pid))
        return made

    def admin(self, statement: str) -> None:
        """Run one statement as superuser."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    @staticmethod
    def _is_at_work(asking: psycopg.Connection, pid: int) -> bool:
        row = asking.execute(
            "SELECT wait_event_type IN ('Lock', 'Timeout') FROM pg_stat_activity WHERE pid = %s AND state = 'active'",
            [pid],
        ).fetchone()
        return bool(row and row[0])


@pytest.fixture
def target(server: ScratchServer) -> Iterator[Target]:
    """An empty database, dropped afterwards with everything that still hangs on it."""
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE target")
        made = Target(server, "target")
        yield made
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'target'")
        made.opened.close()
        _end_what_outlives_sessions(made)
        admin.execute("DROP DATABASE target WITH (FORCE)")


def _end_what_outlives_sessions(target: Target) -> None:
    with psycopg.connect(target.url(), autocommit=True) as admin:
        for (gid,) in admin.execute("SELECT gid FROM pg_prepared_xacts").fetchall():
            admin.execute(sql.SQL("ROLLBACK PREPARED {}").format(gid))
        for (name,) in admin.execute("SELECT subname FROM pg_subscription").fetchall():
            subscription = sql.Identifier(name)
            admin.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(subscription))
            admin.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(subscription))
            admin.execute(sql.SQL("DROP SUBSCRIPTION {}").format(subscription))
        admin.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A SQLite file that only its owner may read."""
    import sqlite3

    file = tmp_path / "app.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)")
    connection.close()
    file.chmod(0o600)
    return file
