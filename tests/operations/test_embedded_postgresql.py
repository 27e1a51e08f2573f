"""The testing database: made on a scratch server for a run, gone with it, also on a server that is not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import psycopg
import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.errors import CannotJudge, DbopsError, PolicyRefused
from pytest_dbops.core.scratch import ScratchServer, derive_password
from pytest_dbops.operations.embedded import drop_embedded, safe_scratch_request, scratch_place
from pytest_dbops.operations.runs import Run
from pytest_dbops.provisioning.marks import marked_databases, marked_roles
from tests.fix_tcp_postgres import PASSWORD, TcpPostgres
from tests.operations.conftest import History, create_table
from tests.operations.embedding import CONFIG, LOGS, Shop


@pytest.fixture
def shop(history: History, scratch_postgres: ScratchServer) -> Shop:
    """A project whose scratch server is given by URL: the one of this test run, as if it were somebody else's."""
    history.write("dbops.toml", CONFIG)
    history.revision("r1", None, create_table("first") + "\n" + LOGS)
    return Shop(history, {"SHADOW_DATABASE_URL": scratch_postgres.admin_url})


@pytest.fixture
def run(shop: Shop) -> Iterator[Run]:
    made = Run(None)
    made.get()
    yield made
    made.end(lambda owned: drop_embedded(owned, shop.config))


def marked(server: ScratchServer, run: Run) -> tuple[list[str], list[str]]:
    """Return the databases and roles on the server that carry the run's mark."""
    run_id = run.get().run_id
    with closing(connect_admin(server.admin_url)) as admin:
        databases, roles = marked_databases(admin), marked_roles(admin)
    return (
        sorted(name for name, mark in databases.items() if mark.run == run_id),
        sorted(name for name, mark in roles.items() if mark.run == run_id),
    )


def test_database_is_migrated_and_its_reader_may_only_look(shop: Shop, run: Run) -> None:
    url = shop.url("testing", run)

    assert shop.told == ["migrating 1/1: r1 make r1"]
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM first").fetchone() == (0,)
        connection.rollback()
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("INSERT INTO first (id) VALUES (1)")
        connection.rollback()
        connection.execute("SET default_transaction_read_only = off")
        connection.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("INSERT INTO first (id) VALUES (1)")


def test_run_tells_what_serves_its_database_and_that_it_is_not_the_wanted_version(
    shop: Shop, run: Run, scratch_postgres: ScratchServer
) -> None:
    environment = shop.config.environments["testing"]
    assert scratch_place(environment, run, 99) == ("", "")
    shop.url("testing", run)

    place, note = scratch_place(environment, run, 99)

    assert place == f"scratch PostgreSQL {scratch_postgres.version} (url)"
    assert note == (
        f"the scratch server is PostgreSQL {scratch_postgres.version}; [scratch] major = 99 is not to be had here"
        ' (for exactly 99: [scratch] server = "container:postgres:99")'
    )
    assert scratch_place(environment, run, scratch_postgres.major) == (place, "")
    assert scratch_place(environment, Run(run.folder()), None) == (place, "")


def test_workers_of_a_run_share_one_database(shop: Shop, run: Run) -> None:
    worker = Run(run.folder())

    urls = {shop.url("testing", one) for one in (run, worker, run)}

    assert (len(urls), shop.built_runs()) == (1, 1)


def test_what_was_made_on_a_given_server_is_dropped_at_the_end(
    shop: Shop, run: Run, scratch_postgres: ScratchServer
) -> None:
    shop.url("testing", run)
    databases, roles = marked(scratch_postgres, run)
    assert (len(databases), len(roles)) == (1, 2)

    drop_embedded(run.get(), shop.config)

    assert marked(scratch_postgres, run) == ([], [])


def test_failing_build_leaves_nothing_on_a_given_server(shop: Shop, run: Run, scratch_postgres: ScratchServer) -> None:
    shop.history.revision("r2", "r1", 'op.execute("SELECT colour FROM first")')
    with pytest.raises(CannotJudge, match='column "colour" does not exist'):
        shop.url("testing", run)

    drop_embedded(run.get(), shop.config)

    assert marked(scratch_postgres, run) == ([], [])


def test_worker_gets_the_reason_and_not_a_half_made_database(shop: Shop, run: Run) -> None:
    shop.history.revision("r2", "r1", 'op.execute("SELECT colour FROM first")')

    said = []
    for one in (run, Run(run.folder())):
        with pytest.raises(DbopsError) as failed:
            shop.url("testing", one)
        said.append(str(failed.value))

    assert said[0] == said[1]
    assert said[0].startswith('revision r2 (r2.py:9) fails to upgrade: UndefinedColumn: column "colour" does not exist')
    assert shop.built_runs() == 1


def test_database_of_a_maker_that_died_is_made_anew(shop: Shop, run: Run, scratch_postgres: ScratchServer) -> None:
    shop.url("testing", run)
    published = run.folder() / "embedded-testing.json"
    left = json.loads(published.read_text())
    published.write_text(json.dumps(left | {"is_ready": False}))

    url = shop.url("testing", run)

    assert left["database"] not in url
    assert (shop.built_runs(), len(marked(scratch_postgres, run)[0])) == (2, 1)


def test_half_written_note_of_a_maker_that_died_is_no_obstacle(shop: Shop, run: Run) -> None:
    (run.folder() / "embedded-testing.json").write_text('{"database": "dbo')

    shop.url("testing", run)

    assert shop.built_runs() == 1


def test_gate_builds_judges_and_clears_up_a_given_server(shop: Shop, scratch_postgres: ScratchServer) -> None:
    gate = shop.gate("testing")
    gate.run_folder()
    gate.prepare_target()
    known = gate.target().display_url

    gate.close()
    gate.end_run()

    assert "first" not in known
    with closing(connect_admin(scratch_postgres.admin_url)) as admin:
        assert not [name for name in marked_databases(admin) if name in known]


def test_end_of_a_run_is_quiet_when_the_given_server_is_gone(shop: Shop, run: Run) -> None:
    shop.url("testing", run)
    config = shop.config
    shop.variables["SHADOW_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/postgres"

    drop_embedded(run.get(), shop.config)
    drop_embedded(run.get(), config)


SPELLINGS = [
    "postgresql://admin:x@localhost/shop",
    "postgres://other@127.0.0.1:5432/shop",
    "postgresql+psycopg://admin@LOCALHOST:5432/shop?sslmode=require",
    "postgresql:///shop?host=localhost",
    "postgresql://admin@/shop",
    "postgresql://admin@/shop?host=/var/run/postgresql",
    "postgresql://admin@/sh%6fp?host=/tmp",
    "postgresql://shop@[::1]",
    "postgresql://admin@localhost.:5432/ignored?dbname=shop",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_scratch_url_of_an_environments_own_database_is_refused(spelling: str, shop: Shop) -> None:
    shop.history.write("dbops.toml", CONFIG + '[env.staging]\nurl = "env:STAGING"\n')
    shop.variables = {"SHADOW_DATABASE_URL": spelling, "STAGING": "postgresql://clerk:s3cret@localhost:5432/shop"}

    with pytest.raises(PolicyRefused, match="the scratch URL leads to the database 'shop' of environment 'staging'"):
        safe_scratch_request(shop.config)


def test_scratch_server_that_is_refused_is_refused_by_the_gate_in_one_line(shop: Shop) -> None:
    shop.history.write("dbops.toml", CONFIG + '[env.staging]\nurl = "env:STAGING"\n')
    shop.variables["STAGING"] = shop.variables["SHADOW_DATABASE_URL"]

    with pytest.raises(PolicyRefused, match="scratch databases are made and dropped"):
        shop.url("testing")


def test_project_never_sees_the_scratch_servers_own_url(shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.history.write("dbops.toml", CONFIG + '[scratch]\nurl = "env:CI_SERVER"\n')
    shop.variables = {"CI_SERVER": shop.variables["SHADOW_DATABASE_URL"]}
    monkeypatch.setenv("CI_SERVER", shop.variables["CI_SERVER"])
    shop.history.env(
        "import os\nfrom sqlalchemy import create_engine\n"
        "assert 'dbops_' in os.environ['CI_SERVER'] and '_owner:' in os.environ['CI_SERVER']\n"
        + (shop.path / "migrations/env.py").read_text()
    )

    shop.url("testing", run)


def test_role_that_is_no_superuser_is_told_what_it_lacks(shop: Shop, run: Run, scratch_postgres: ScratchServer) -> None:
    with closing(connect_admin(scratch_postgres.admin_url)) as admin:
        admin.execute("DROP ROLE IF EXISTS dbops_ci")
        admin.execute("CREATE ROLE dbops_ci LOGIN CREATEDB CREATEROLE")
    try:
        shop.variables["SHADOW_DATABASE_URL"] = scratch_postgres.url("postgres", role="dbops_ci")
        with pytest.raises(DbopsError) as failed:
            shop.url("testing", run)
    finally:
        drop_embedded(run.get(), shop.config)
        with closing(connect_admin(scratch_postgres.admin_url)) as admin:
            admin.execute("DROP OWNED BY dbops_ci")
            admin.execute("DROP ROLE dbops_ci")

    assert "is entered as 'dbops_ci', who is no superuser" in str(failed.value)
    assert "give one in SHADOW_DATABASE_URL, or leave it out" in str(failed.value)


def test_passwords_of_a_given_server_are_in_no_message_and_no_role_stays(
    shop: Shop, run: Run, tcp_postgres: TcpPostgres
) -> None:
    tcp_postgres.run(f"DROP ROLE IF EXISTS boss; CREATE ROLE boss SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
    shop.variables["SHADOW_DATABASE_URL"] = tcp_postgres.url("boss")
    shop.history.env(
        "import os\nfrom alembic import context\nurl = context.config.get_main_option('sqlalchemy.url')\n"
        "raise RuntimeError(f'{url} and ' + os.environ['DATABASE_URL'] + open('/proc/self/cmdline').read())"
    )

    with pytest.raises(
        CannotJudge, match=r"RuntimeError: \*\*\* and \*\*\*.*operations\.(build_child|fork_server)"
    ) as failed:
        shop.url("testing", run)
    owner = json.loads((run.folder() / "embedded-testing.json").read_text())["owner"]
    secrets = {PASSWORD, quote(PASSWORD, safe=""), derive_password(run.get().secret(), owner).reveal()}
    drop_embedded(run.get(), shop.config)

    assert not [secret for secret in secrets if secret in str(failed.value)]
    assert not [line for line in (run.folder() / "testing.failed.json").read_text().splitlines() if PASSWORD in line]
    with psycopg.connect(tcp_postgres.superuser_url) as connection:
        left = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'dbops%' UNION SELECT datname FROM pg_database"
        assert [name for (name,) in connection.execute(left) if name.startswith("dbops")] == []


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_gate_whose_build_fails_says_so_once_and_leaves_nothing(
    workers: tuple[str, ...], shop: Shop, scratch_postgres: ScratchServer
) -> None:
    pytest.importorskip("xdist")
    shop.history.revision("r2", "r1", 'op.execute("SELECT colour FROM first")')

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--dbops-env=testing", *workers],
        cwd=shop.path, env={**os.environ, **shop.variables}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    report = json.loads((shop.path / "dbops-reports/testing/gate.json").read_text())
    said = {result["reason"] for result in report["results"] if result["outcome"] == "inconclusive"}
    failed = [(result["code"], result["case"]) for result in report["results"] if result["outcome"] == "failed"]
    assert (done.returncode, report["judgement"]["verdict"]) == (1, "blocked")
    assert sorted(failed) == [("MIG001", "r2"), ("MIG002", "r1")]
    assert said == {'revision r2 (r2.py:9) fails to upgrade: UndefinedColumn: column "colour" does not exist'
                    " LINE 1: SELECT colour FROM first ^"}  # fmt: skip
    assert shop.built_runs() == 2  # by the build, and by the walk
    with closing(connect_admin(scratch_postgres.admin_url)) as admin:
        assert [name for name, mark in marked_databases(admin).items() if mark.is_left_over] == []
