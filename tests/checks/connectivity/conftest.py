"""Servers of this folder's own, one a major version, because its tests turn them upside down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, scratch_server
from pytest_dbops.provisioning.images import SUPERUSER
from tests.checks.connectivity.asking import wait_until
from tests.checks.connectivity.clusters import ABLE, Cluster, cluster
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
AS_MADE = {"max_connections": "100", "max_wal_senders": "10"}
"""What a new cluster writes down of itself; a standby must not have less."""
PLAIN, MONITOR, REPLICA = "plain", "watcher", "reader"


def request_for(major: int) -> ServerRequest:
    """The server of this folder's tests, in one major version."""
    return ServerRequest(major=major, bindirs=BINDIRS, settings=SETTINGS)


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"postgresql{major}")
def server(request: pytest.FixtureRequest, postgres_majors: tuple[int, ...]) -> Iterator[ScratchServer]:
    """A server with two-phase commit and logical replication, with a plain role and one with pg_monitor."""
    if request.param not in postgres_majors:
        pytest.skip(f"PostgreSQL {request.param} is not on this machine, only {postgres_majors}")
    with server_with_roles(request.param) as started:
        yield started


@contextmanager
def server_with_roles(major: int) -> Iterator[ScratchServer]:
    """Run a server with a plain role and one with pg_monitor."""
    with scratch_server(request_for(major)) as started:
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
        with psycopg.connect(self.url(), autocommit=True, options=ABLE) as connection:
            connection.execute(statement.encode())

    def reload(self, name: str, value: str) -> None:
        """Reload the configuration and wait until new sessions start with a value."""
        self.reload_until(f"SELECT current_setting('{name}')", value)

    def reload_until(self, query: str, value: object) -> None:
        """Reload the configuration and wait until a query has an answer."""
        self.admin("SELECT pg_reload_conf()")
        wait_until(lambda: self._scalar(query) == value)

    def _scalar(self, query: str) -> object:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    @staticmethod
    def _is_at_work(asking: psycopg.Connection, pid: int) -> bool:
        row = asking.execute(
            "SELECT wait_event_type IN ('Lock', 'Timeout') FROM pg_stat_activity WHERE pid = %s AND state = 'active'",
            [pid],
        ).fetchone()
        return bool(row and row[0])


def needs_extension(target: Target, name: str) -> None:
    """Install an extension; the test is skipped where the server's binaries come without it."""
    try:
        target.admin(f"CREATE EXTENSION {name}")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip(f"PostgreSQL {target.server.major} comes without the extension {name} on this machine")


@pytest.fixture
def target(server: ScratchServer) -> Iterator[Target]:
    """An empty database, dropped afterwards with everything that still hangs on it."""
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE target")
        made = Target(server, "target")
        yield made
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'target'")
        made.opened.close()
        if admin.execute(_OUTLIVES_SESSIONS).fetchone() != (False,):
            _end_what_outlives_sessions(made)
        admin.execute("DROP DATABASE target WITH (FORCE)")


_OUTLIVES_SESSIONS = """
SELECT EXISTS (SELECT FROM pg_prepared_xacts) OR EXISTS (SELECT FROM pg_subscription)
    OR EXISTS (SELECT FROM pg_replication_slots)
"""


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
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY)")
    file.chmod(0o600)
    return file


@dataclass(frozen=True)
class Pair:
    """A primary and a standby that streams from it through a slot."""

    primary: Cluster
    standby: Cluster

    def catch_up(self) -> None:
        """Wait until the standby has replayed everything."""
        wait_until(lambda: self._is_behind() is False)

    def _is_behind(self) -> object:
        return self.primary.scalar("SELECT pg_current_wal_lsn() > replay_lsn FROM pg_stat_replication")

    def set_synchronous(self, names: str) -> None:
        """Let commits wait for these replicas, once the walsender knows."""
        self.primary.admin(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.primary.admin("SELECT pg_reload_conf()")
        wanted = "sync" if names else "async"
        wait_until(lambda: self.primary.scalar("SELECT sync_state FROM pg_stat_replication") == wanted)


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"postgresql{major}")
def pair(request: pytest.FixtureRequest, scratch_run: RunFolder, postgres_majors: tuple[int, ...]) -> Iterator[Pair]:
    """Two copies of one cluster, of which the second follows the first."""
    if request.param not in postgres_majors:
        pytest.skip(f"PostgreSQL {request.param} is not on this machine, only {postgres_majors}")
    with ExitStack() as running:
        primary = running.enter_context(cluster(scratch_run, request_for(request.param), **AS_MADE))
        primary.admin(f"SELECT pg_create_physical_replication_slot('{REPLICA}', true)")
        primary.admin(f"CREATE ROLE {PLAIN} LOGIN")
        following = f"host={primary.sockets} port={primary.port} user={SUPERUSER} application_name={REPLICA}"
        standby = running.enter_context(
            cluster(
                scratch_run,
                request_for(request.param),
                files={"standby.signal": b""},
                primary_conninfo=following,
                primary_slot_name=REPLICA,
                hot_standby="on",
                **AS_MADE,
            )
        )
        made = Pair(primary, standby)
        made.catch_up()
        yield made


@pytest.fixture
def paused(pair: Pair) -> Iterator[Pair]:
    """The pair, with something the standby has not replayed."""
    pair.catch_up()
    pair.standby.admin("SELECT pg_wal_replay_pause()")
    wait_until(lambda: pair.standby.scalar("SELECT pg_get_wal_replay_pause_state()") == "paused")
    pair.primary.admin("CREATE TABLE IF NOT EXISTS filler (text text)")
    pair.primary.admin("INSERT INTO filler VALUES ('something')")
    pair.primary.admin("SELECT pg_switch_wal()")
    yield pair
    pair.standby.admin("SELECT pg_wal_replay_resume()")
    pair.catch_up()
