"""A server in a container, where a Docker engine answers.

DBOPS_TEST_POSTGRES_IMAGE names the image; the default is fetched from a registry if it is not here yet.
"""

from __future__ import annotations

import os
import signal
from contextlib import closing
from importlib import import_module
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import Origin
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, attach_run, close_run, create_run
from pytest_dbops.provisioning.containers import LABEL
from pytest_dbops.provisioning.databases import create_database, create_role, new_name
from pytest_dbops.provisioning.discovery import Machine, discover, this_machine
from pytest_dbops.provisioning.docker import find_engine
from pytest_dbops.provisioning.inventory import status
from pytest_dbops.provisioning.places import Places
from pytest_dbops.provisioning.processes import ProcessIdentity
from pytest_dbops.provisioning.reaping import reap
from pytest_dbops.provisioning.records import load_records
from tests.provisioning.conftest import RunScript, ask, wait_for

IMAGE = os.environ.get("DBOPS_TEST_POSTGRES_IMAGE", "postgres:17-alpine")
REQUEST = ServerRequest(server=f"container:{IMAGE}")
ENGINE = find_engine(this_machine().docker_host)
needs_engine = pytest.mark.skipif(bool(ENGINE.problem), reason=ENGINE.problem or "an engine answers")

CONTROLLER = """
import sys
from pathlib import Path
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import acquire, create_run
from pytest_dbops.provisioning.places import Places
memory, disk, cache, server = sys.argv[1:5]
run = create_run(Places(Path(memory) if memory else None, Path(disk), Path(cache)))
acquire(run, ServerRequest(server=server))
print(run.path, flush=True)
sys.stdin.readline()
"""


def containers_of(run_id: str) -> list[str]:
    with closing(import_module("docker").from_env()) as client:
        found = client.containers.list(all=True, filters={"label": f"{LABEL}={run_id}"})
        return [container.name for container in found]


@needs_engine
def test_a_server_runs_in_a_container_and_is_gone_afterwards(places: Places) -> None:
    run = create_run(places)
    server = acquire(run, REQUEST)
    version = str(ask(server, "SHOW server_version")).split()[0]
    again = acquire(attach_run(run.path), REQUEST)
    found = status(places)
    close_run(run)
    assert (server.origin, server.version, server.is_private) == (Origin.CONTAINER, version, True)
    assert server.why == f"container of {IMAGE}"
    assert again == server
    assert [(each.origin, each.is_running) for each in found] == [(Origin.CONTAINER, True)]
    assert containers_of(run.run_id) == []


@needs_engine
def test_a_container_lets_nobody_in_without_a_password(run: RunFolder) -> None:
    server = acquire(run, REQUEST)
    assert server.superuser_password is not None
    password = server.superuser_password.reveal()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.admin_url.replace(password, "wrong"))
    assert password not in "".join(path.read_text() for path in run.path.glob("*.json"))


@needs_engine
def test_a_plain_role_owns_a_database_in_a_container(run: RunFolder) -> None:
    server = acquire(run, REQUEST)
    name = new_name(server)
    with closing(connect_admin(server.admin_url)) as admin:
        create_role(server, admin, "owner_role")
        create_database(server, admin, name, owner="owner_role")
    with psycopg.connect(server.url(name, role="owner_role")) as connection:
        connection.execute("CREATE TABLE invoice (id integer)")


@needs_engine
def test_after_kill_9_of_the_controller_its_container_is_gone_within_5_seconds(
    places: Places, run_script: RunScript
) -> None:
    controller = run_script(CONTROLLER, places.memory or "", places.disk, places.cache, REQUEST.server)
    assert controller.stdout is not None
    path = Path(controller.stdout.readline().strip())
    controller.kill()
    assert wait_for(lambda: not path.exists()) < 5
    assert containers_of(path.name.removeprefix("run-")) == []


@needs_engine
def test_the_next_run_reaps_a_container_whose_supervisor_was_killed_too(places: Places, run_script: RunScript) -> None:
    controller = run_script(CONTROLLER, places.memory or "", places.disk, places.cache, REQUEST.server)
    assert controller.stdout is not None
    run = attach_run(Path(controller.stdout.readline().strip()))
    (record,) = load_records(run.path)
    os.kill(record.supervisor.pid, signal.SIGKILL)
    controller.kill()
    controller.wait()
    assert containers_of(run.run_id) == [record.container]
    assert reap(places) == (run.name,)
    assert containers_of(run.run_id) == []


@needs_engine
def test_an_image_that_does_not_exist_is_told_in_one_line(run: RunFolder) -> None:
    with pytest.raises(CannotJudge) as caught:
        acquire(run, ServerRequest(server="container:localhost:1/no-such-image"))
    assert str(caught.value).startswith("no server from a container of 'localhost:1/no-such-image': ")
    assert "\n" not in str(caught.value)


@needs_engine
def test_docker_is_the_last_resort() -> None:
    bare = Machine(path="", patterns=(), wheels=(), docker_host=this_machine().docker_host)
    found = discover(ServerRequest(major=16), bare).taken
    assert found is not None
    assert (found.origin, found.place) == (Origin.CONTAINER, "postgres:16")


def test_a_container_whose_engine_is_away_does_not_stop_reaping(places: Places) -> None:
    run = create_run(places)
    marker = run.path / f"dbops-{run.run_id}-x.container"
    marker.write_text("unix:///nowhere/docker.sock")
    dead = run.path.with_name("run-0123abcd_4194300_1")
    for descriptor in run.descriptors:
        os.close(descriptor)
    run.path.rename(dead)
    assert not ProcessIdentity(4194300, 1).is_alive
    reap(places)
    assert (dead / marker.name).exists()
    os.utime(dead / marker.name, (0, 0))
    reap(places)
    assert not dead.exists()
