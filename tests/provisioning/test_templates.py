"""A template is built once, never looks finished before it is, and its clones lack nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.scratch import AdminConnection, ScratchServer, TemplateFingerprint
from pytest_dbops.provisioning import RunFolder
from pytest_dbops.provisioning.databases import create_role, drop_database
from pytest_dbops.provisioning.templates import (
    clone,
    clone_file,
    drop_template,
    ensure_file_template,
    ensure_template,
    fingerprint,
    template_name,
)
from tests.fix_postgres import BINDIRS, OWNER
from tests.provisioning.conftest import RunScript, names_on

BUILD_IN_PROCESS = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
import psycopg
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import acquire, attach_run
from pytest_dbops.provisioning.templates import ensure_template
from tests.fix_postgres import connect_admin
folder, shaped_by, ending, log = sys.argv[1:5]
server = acquire(attach_run(Path(folder)), ServerRequest(bindirs=tuple(sys.argv[5:])))
def build(url):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE built (id integer)")
    with open(log, "a") as file:
        file.write("built\\n")
    if ending == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
with closing(connect_admin(server.admin_url)) as admin:
    print(ensure_template(server, admin, shaped_by, build))
"""

RunInSession = Callable[[TemplateFingerprint, str, Path], "subprocess.Popen[str]"]


@pytest.fixture
def run_in_session(run_script: RunScript, scratch_run: RunFolder) -> RunInSession:
    """A function that builds a template in a process of its own, on the session's server."""

    def run_it(shaped_by: TemplateFingerprint, ending: str, log: Path) -> subprocess.Popen[str]:
        return run_script(BUILD_IN_PROCESS, scratch_run.path, shaped_by, ending, log, *BINDIRS)

    return run_it


@pytest.fixture
def shaped_by(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, request: pytest.FixtureRequest
) -> Iterator[TemplateFingerprint]:
    """A fingerprint no other test has; its template is dropped afterwards."""
    found = fingerprint(request.node.nodeid, str(os.getpid()))
    yield found
    drop_template(postgres_server, postgres_admin, template_name(postgres_server.version, found))


def make_table(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE invoice (id integer PRIMARY KEY)")
        connection.execute("INSERT INTO invoice VALUES (1), (2)")


def test_a_clone_has_the_content_of_its_template(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, shaped_by: TemplateFingerprint
) -> None:
    template = ensure_template(postgres_server, postgres_admin, shaped_by, make_table)
    name = clone(postgres_server, postgres_admin, template)
    with closing(psycopg.connect(postgres_server.url(name))) as connection:
        rows = connection.execute("SELECT count(*) FROM invoice").fetchone()
    drop_database(postgres_server, postgres_admin, name)
    assert rows == (2,)


def test_a_template_is_built_once(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, shaped_by: TemplateFingerprint
) -> None:
    built: list[str] = []
    first = ensure_template(postgres_server, postgres_admin, shaped_by, built.append)
    second = ensure_template(postgres_server, postgres_admin, shaped_by, built.append)
    assert first == second
    assert len(built) == 1


def test_another_fingerprint_is_another_template(postgres_server: ScratchServer) -> None:
    names = {
        template_name(postgres_server.version, fingerprint(*parts)) for parts in [("a", "b"), ("ab",), ("a", "b", "")]
    }
    assert len(names) == 3


def test_nobody_can_connect_to_a_template(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, shaped_by: TemplateFingerprint
) -> None:
    template = ensure_template(postgres_server, postgres_admin, shaped_by, make_table)
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(postgres_server.url(template))


def test_a_build_that_fails_leaves_no_database(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, shaped_by: TemplateFingerprint
) -> None:
    def fail(url: str) -> None:
        raise RuntimeError("half-way")

    mine = f"_{os.getpid():x}_"
    before = {name for name in names_on(postgres_admin) if mine in name}
    with pytest.raises(RuntimeError, match="half-way"):
        ensure_template(postgres_server, postgres_admin, shaped_by, fail)
    left = names_on(postgres_admin)
    assert template_name(postgres_server.version, shaped_by) not in left
    assert {name for name in left if mine in name} == before


def test_a_build_that_was_killed_is_done_again(
    run_in_session: RunInSession, postgres_server: ScratchServer, postgres_admin: AdminConnection,
    shaped_by: TemplateFingerprint, tmp_path: Path,
) -> None:  # fmt: skip
    killed = run_in_session(shaped_by, "killed", tmp_path / "log")
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert template_name(postgres_server.version, shaped_by) not in names_on(postgres_admin)
    finished = run_in_session(shaped_by, "finished", tmp_path / "log")
    told, _ = finished.communicate(timeout=60)
    assert told.strip() == template_name(postgres_server.version, shaped_by)
    assert (tmp_path / "log").read_text() == "built\nbuilt\n"


def test_four_processes_build_a_template_once(
    run_in_session: RunInSession, postgres_server: ScratchServer, shaped_by: TemplateFingerprint, tmp_path: Path
) -> None:
    processes = [run_in_session(shaped_by, "finished", tmp_path / "log") for _ in range(4)]
    names = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert names == {template_name(postgres_server.version, shaped_by)}
    assert (tmp_path / "log").read_text() == "built\n"


def test_a_clone_keeps_owner_settings_and_grants(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, shaped_by: TemplateFingerprint
) -> None:
    def build(url: str) -> None:
        name = url.split("/")[3].split("?")[0]
        for statement in (
            f"ALTER DATABASE {name} SET search_path TO app, public",
            f"ALTER DATABASE {name} SET application_name TO 'it''s ours'",
            f"ALTER ROLE {OWNER} IN DATABASE {name} SET work_mem TO '7MB'",
            f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {name} TO {OWNER}",
        ):
            postgres_admin.execute(statement)

    create_role(postgres_server, postgres_admin, OWNER)
    template = ensure_template(postgres_server, postgres_admin, shaped_by, build, owner=OWNER)
    name = clone(postgres_server, postgres_admin, template)
    described = [
        postgres_admin.scalar(
            "SELECT (pg_get_userbyid(datdba),"
            " (SELECT array_agg(item::text ORDER BY item::text) FROM unnest(datacl) AS item),"
            " (SELECT array_agg((setrole, setconfig) ORDER BY setrole) FROM pg_db_role_setting"
            f" WHERE setdatabase = oid))::text FROM pg_database WHERE datname = '{each}'"
        )
        for each in (template, name)
    ]
    drop_database(postgres_server, postgres_admin, name)
    assert described[0] == described[1]
    assert "search_path=app, public" in str(described[1])


def test_a_dropped_template_is_gone_and_its_clone_stays(
    postgres_server: ScratchServer, postgres_admin: AdminConnection, shaped_by: TemplateFingerprint
) -> None:
    template = ensure_template(postgres_server, postgres_admin, shaped_by, make_table)
    name = clone(postgres_server, postgres_admin, template)
    drop_template(postgres_server, postgres_admin, template)
    left = names_on(postgres_admin)
    drop_database(postgres_server, postgres_admin, name)
    assert template not in left
    assert name in left


def make_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY)")
        connection.commit()


def test_a_sqlite_template_is_built_once_and_copied(tmp_path: Path) -> None:
    built: list[Path] = []

    def build(path: Path) -> None:
        built.append(path)
        make_file(path)

    first = ensure_file_template(tmp_path / "t", fingerprint("a"), build)
    second = ensure_file_template(tmp_path / "t", fingerprint("a"), build)
    copy = clone_file(second, tmp_path / "copy.sqlite")
    assert (first, len(built)) == (second, 1)
    assert copy.read_bytes() == first.read_bytes()


def test_a_sqlite_build_that_fails_looks_unfinished(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        make_file(path)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        ensure_file_template(tmp_path, fingerprint("a"), fail)
    assert list(tmp_path.glob("*.sqlite")) == []
    assert ensure_file_template(tmp_path, fingerprint("a"), make_file).exists()


def test_a_copy_never_overwrites_a_file(tmp_path: Path) -> None:
    make_file(tmp_path / "a")
    (tmp_path / "b").write_text("precious")
    with pytest.raises(FileExistsError):
        clone_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "precious"
