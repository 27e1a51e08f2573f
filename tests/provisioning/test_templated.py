"""A template outlives the run that built it: the next run starts with it and builds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, close_run, create_run, images
from pytest_dbops.provisioning.images import SEPARATOR, images_folder
from pytest_dbops.provisioning.leftovers import drop_templates
from pytest_dbops.provisioning.places import Places
from pytest_dbops.provisioning.templated import acquire_with_template
from pytest_dbops.provisioning.templates import clone, fingerprint
from tests.fix_postgres import OWNER
from tests.provisioning.conftest import RunScript, ask, names_on

Started = Callable[..., tuple[ScratchServer, str]]

BUILD_IN_PROCESS = """
import sys
from pathlib import Path
import psycopg
from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import attach_run
from pytest_dbops.provisioning.templated import acquire_with_template
folder, log, *bindirs = sys.argv[1:]
def build(url):
    with open(log, "a") as file:
        file.write("built\\n")
server, name = acquire_with_template(
    attach_run(Path(folder)), ServerRequest(bindirs=tuple(bindirs)), "0" * 64, build, connect=connect_admin)
print(server.host, name)
"""


def make_invoice(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE invoice (id integer PRIMARY KEY)")


def refuse_to_build(url: str) -> None:
    raise AssertionError("the template was built a second time")


@pytest.fixture
def started(own_cache: Places, any_server: ServerRequest) -> Iterator[Started]:
    """A function that starts a server with a template in a run of its own; all runs are closed afterwards."""
    runs: list[RunFolder] = []

    def start(build: Callable[[str], None], *, parts: str = "a") -> tuple[ScratchServer, str]:
        runs.append(create_run(own_cache))
        shaped_by = fingerprint(parts)
        return acquire_with_template(runs[-1], any_server, shaped_by, build, connect=connect_admin, owner=OWNER)

    yield start
    for run in runs:
        close_run(run)


def test_the_second_run_has_the_template_of_the_first(started: Started) -> None:
    first, name = started(make_invoice)
    second, again = started(refuse_to_build)
    assert name == again
    assert first.host != second.host
    with closing(connect_admin(second.admin_url)) as admin:
        cloned = clone(second, admin, again)
    with psycopg.connect(second.url(cloned, role=OWNER)) as connection:
        row = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'invoice'").fetchone()
    assert row == (OWNER,)


def test_the_kept_cluster_holds_the_template_and_nothing_else(started: Started) -> None:
    server, name = started(make_invoice)
    with closing(connect_admin(server.admin_url)) as admin:
        assert names_on(admin) == {"postgres", "template0", "template1", name}


def test_what_a_run_does_to_its_server_does_not_reach_the_next(started: Started) -> None:
    first, _ = started(make_invoice)
    with closing(connect_admin(first.admin_url)) as admin:
        admin.execute("CREATE ROLE a_test_made_this")
        admin.execute("ALTER SYSTEM SET work_mem = '9MB'")
    second, _ = started(refuse_to_build)
    assert ask(second, "SELECT count(*) FROM pg_roles WHERE rolname = 'a_test_made_this'") == 0
    assert ask(second, "SHOW work_mem") == "4MB"


def test_a_build_that_fails_keeps_nothing(started: Started, own_cache: Places) -> None:
    def fail(url: str) -> None:
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        started(fail)
    assert list(images_folder(own_cache).glob(f"*{SEPARATOR}*/data")) == []


def test_only_the_templates_used_last_are_kept(
    started: Started, own_cache: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "KEPT_TEMPLATES", 1)
    started(make_invoice, parts="a")
    started(make_invoice, parts="b")
    started(refuse_to_build, parts="b")
    assert len(list(images_folder(own_cache).glob(f"*{SEPARATOR}*/data"))) == 1


def test_two_processes_share_the_server_and_build_once(
    own_cache: Places, any_server: ServerRequest, run_script: RunScript, tmp_path: Path
) -> None:
    run = create_run(own_cache)
    processes = [run_script(BUILD_IN_PROCESS, run.path, tmp_path / "log", *any_server.bindirs) for _ in range(2)]
    answers = {process.communicate(timeout=60)[0] for process in processes}
    close_run(run)
    assert len(answers) == 1
    assert (tmp_path / "log").read_text() == "built\n"


def test_a_server_given_as_a_url_keeps_the_template_itself(
    run: RunFolder, places: Places, any_server: ServerRequest
) -> None:
    theirs = acquire(run, any_server)
    request = ServerRequest(url=Secret(theirs.admin_url))
    for build in (make_invoice, refuse_to_build):
        other = create_run(places)
        _, name = acquire_with_template(other, request, fingerprint("a"), build, connect=connect_admin)
        close_run(other)
    with closing(connect_admin(theirs.admin_url)) as admin:
        before = names_on(admin)
        dropped = drop_templates(admin)
    assert name in before
    assert dropped == (name,)
