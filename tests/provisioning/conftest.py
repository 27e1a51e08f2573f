"""Places of a test's own, so that it sees, ends and removes nothing that belongs to another test."""

from __future__ import annotations

import json
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.scratch import AdminConnection, ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, close_run, create_run
from pytest_dbops.provisioning.clusters import recipe_of
from pytest_dbops.provisioning.discovery import discover_first, require
from pytest_dbops.provisioning.images import ensure_image, images_folder
from pytest_dbops.provisioning.places import Places, default_places, make_root
from pytest_dbops.provisioning.reaping import reap
from tests.fix_postgres import BINDIRS

PATIENCE_S = 20.0
POLL_S = 0.01
RunScript = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def places() -> Iterator[Places]:
    """Roots below short paths that an unprivileged server may enter; the cache is the user's own."""
    usual = default_places()
    memory = Path(tempfile.mkdtemp(prefix="dt-", dir=usual.memory.parent)) if usual.memory else None
    disk = Path(tempfile.mkdtemp(prefix="dt-", dir="/tmp"))
    own = Places(memory, disk, usual.cache)
    for root in own.roots:
        make_root(root)
    yield own
    wait_for(lambda: reap(own) == () and not [path for root in own.roots for path in root.glob("run-*")])
    for root in own.roots:
        shutil.rmtree(root)


@pytest.fixture
def run(places: Places) -> Iterator[RunFolder]:
    """A run that the test process owns."""
    folder = create_run(places)
    yield folder
    close_run(folder)


@pytest.fixture
def any_server(postgres_majors: tuple[int, ...]) -> ServerRequest:
    """A request for the cheapest server of this machine."""
    if not postgres_majors:
        pytest.skip("no PostgreSQL server binaries on this machine (pip install 'pytest-dbops[postgres]')")
    return ServerRequest(bindirs=BINDIRS)


@pytest.fixture
def own_cache(places: Places, any_server: ServerRequest) -> Iterator[Places]:
    """Places whose cache is the test's own and holds the cheapest server's cluster."""
    own = replace(places, cache=places.disk / "cache")
    candidate = require(discover_first(any_server), any_server)
    usual = ensure_image(recipe_of(candidate, any_server, places, print), places, print)
    shutil.copytree(usual, images_folder(own) / usual.name)
    yield own
    shutil.rmtree(own.cache, ignore_errors=True)


@pytest.fixture
def run_script(places: Places) -> Iterator[RunScript]:
    """A function that runs Python code in a process of its own; those still running are killed afterwards.

    It asks for `places` only to end before them: what the processes own goes with them.
    """
    started: list[subprocess.Popen[str]] = []

    def run_it(code: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)], text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield run_it
    for process in started:
        process.kill()
        process.communicate()


def ask(server: ScratchServer, sql: str) -> object:
    """Return the first value that the superuser gets from a statement."""
    with closing(connect_admin(server.admin_url)) as admin:
        return admin.scalar(sql)


def names_on(admin: AdminConnection) -> set[str]:
    """Return the names of all databases of a server."""
    return set(json.loads(str(admin.scalar("SELECT json_agg(datname)::text FROM pg_database"))))


def wait_for(condition: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> float:
    """Wait for a condition and return how long it took, in seconds; fail when it takes too long."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < patience_s, "the condition did not come true in time"
        select.select([], [], [], POLL_S)
    return time.monotonic() - began
