"""A server for the checks that count, fill and damage; the folders of this folder share it.

The newest major version on this machine, as what differs between versions is how statistics are read (all of them:
test_statistics.py); `--faults=full` asks every version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.provisioning import scratch_server
from tests.checks.connectivity.conftest import Target, database, request_for, server_with_roles, target

__all__ = ["database", "target"]

MAJORS = (14, 15, 16, 17, 18)
STATEMENTS = "pg_stat_statements"


@pytest.fixture(scope="session", params=MAJORS, ids=lambda major: f"postgresql{major}")
def server(request: pytest.FixtureRequest, postgres_majors: tuple[int, ...]) -> Iterator[ScratchServer]:
    """A server with a plain role and one with pg_monitor."""
    if request.param not in postgres_majors:
        pytest.skip(f"PostgreSQL {request.param} is not on this machine, only {postgres_majors}")
    if request.param != max(postgres_majors) and request.config.getoption("--faults") != "full":
        pytest.skip("asked of the newest version only; --faults=full asks all")
    with server_with_roles(request.param) as started:
        yield started


@pytest.fixture(scope="session")
def counting_server(server: ScratchServer) -> Iterator[ScratchServer]:
    """A server that keeps the statements it runs."""
    with psycopg.connect(server.admin_url) as admin:
        if not admin.execute("SELECT FROM pg_available_extensions WHERE name = %s", [STATEMENTS]).fetchall():
            pytest.skip(f"PostgreSQL {server.major} comes without {STATEMENTS} on this machine")
    request = request_for(server.major)
    settings = (*request.settings, ("shared_preload_libraries", STATEMENTS), ("pg_stat_statements.max", "100"))
    with scratch_server(replace(request, settings=settings)) as started:
        yield started


@pytest.fixture
def counting_target(counting_server: ScratchServer) -> Iterator[Target]:
    """An empty database on a server that keeps the statements it runs."""
    with psycopg.connect(counting_server.admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE target")
        made = Target(counting_server, "target")
        made.admin(f"CREATE EXTENSION {STATEMENTS}")
        yield made
        made.opened.close()
        admin.execute("DROP DATABASE target WITH (FORCE)")
