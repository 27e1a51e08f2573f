"""A deploy is injured at moments of chance; what it leaves is whole, and the next one finishes it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import suppress

import psycopg
import pytest

from tests.cli.conftest import ENTRY
from tests.cli.migrations import Migrations
from tests.provisioning.conftest import wait_for

pytestmark = pytest.mark.fault
on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
DEPLOY = ("migrate", "deploy", "--env", "staging", "--format", "json")
NOTE = "op.execute(\"INSERT INTO ran VALUES ('{name}')\")"
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'" \
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"  # fmt: skip
SLOW = {"postgresql": 'op.execute("SELECT pg_sleep(0.03)")', "sqlite": "__import__('time').sleep(0.03)"}
CONCURRENT = """with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix_{name} ON big (n)")"""
NAMES = ("r1", "r2", "r3", "r4", "r5", "r6")


@pytest.fixture
def rounds(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> range:
    """Seeds for the rounds of one test: two in the sample, ten (of each of ten repetitions) in a full run."""
    number = request.node.callspec.params.get("fault_round") if hasattr(request.node, "callspec") else None
    return range(1, 3) if number is None else range(number * 10, number * 10 + 10)


def start(migrations: Migrations, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *DEPLOY, *more], cwd=migrations.path, env=dict(os.environ), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def kill(migrations: Migrations, dialect: str, after_s: float) -> None:
    """Kill a deploy some time after it began to work."""
    with start(migrations) as process:
        wait_for(lambda: process.poll() is not None or has_begun(migrations, dialect), patience_s=60)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=after_s)
        process.kill()
        process.communicate()


def has_begun(migrations: Migrations, dialect: str) -> bool:
    if dialect == "sqlite":
        return any(migrations.path.glob("*.dbops-deploy-*"))
    return migrations.rows("SELECT to_regclass('dbops.journal') IS NOT NULL") == [(True,)]


def write_history(migrations: Migrations, dialect: str) -> None:
    """Write a table of rows, and revisions that each note once that they ran; two build an index by themselves."""
    big = "CREATE TABLE big (n integer)"
    fill = "INSERT INTO big SELECT n FROM generate_series(1, 20000) AS n"
    fill = fill if dialect == "postgresql" else "INSERT INTO big VALUES (1)"
    migrations.revision(
        "r0", upgrade=f'op.execute("{big}"); op.execute("{fill}"); op.execute("CREATE TABLE ran (name varchar(9))")'
    )
    for name, down in zip(NAMES, ("r0", *NAMES), strict=False):
        work = f'op.execute("CREATE TABLE t_{name} (id integer)")'
        if dialect == "postgresql" and name in ("r2", "r5"):
            work = CONCURRENT.format(name=name)
        note = NOTE.format(name=name)
        migrations.revision(name, down, upgrade=f"{SLOW[dialect]}\n    {work}\n    {SLOW[dialect]}\n    {note}")


def start_anew(migrations: Migrations, dialect: str) -> None:
    if dialect == "sqlite":
        migrations.database_file.unlink()
        migrations.sql("SELECT 1")
        return
    migrations.sql("DROP SCHEMA IF EXISTS dbops CASCADE", "DROP TABLE IF EXISTS alembic_version, ran, big")
    tables = [str(name) for (name,) in migrations.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    migrations.sql(*(f"DROP TABLE {name}" for name in tables))


def finish(migrations: Migrations) -> None:
    with start(migrations) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, ""), out


def assert_whole(migrations: Migrations, dialect: str) -> None:
    """Each revision ran once and is recorded once; no lock, no copy and no invalid index is left."""
    journal = "dbops.journal" if dialect == "postgresql" else "dbops_journal"
    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r6",)]
    assert migrations.rows("SELECT name FROM ran ORDER BY name") == [(name,) for name in NAMES]
    recorded = migrations.rows(f"SELECT revision FROM {journal} WHERE event = 'applied' ORDER BY id")
    assert recorded == [("r0",), *((name,) for name in NAMES)]
    if dialect == "sqlite":
        assert [each.name for each in migrations.path.glob("*.dbops-deploy-*")] == []
        return
    assert migrations.rows("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [(0,)]
    wait_for(lambda: migrations.rows(LOCKS) == [(0,)], patience_s=10)


def test_deploy_that_is_killed_is_finished_by_the_next(migrations: Migrations, dialect: str, rounds: range) -> None:
    write_history(migrations, dialect)
    for seed in rounds:
        kill(migrations, dialect, random.Random(f"{dialect} {seed}").uniform(0, 1.5))
        finish(migrations)
        assert_whole(migrations, dialect)
        start_anew(migrations, dialect)


@on_postgresql
def test_of_two_deploys_at_once_one_does_the_work(migrations: Migrations, dialect: str, rounds: range) -> None:
    write_history(migrations, dialect)
    for _ in rounds[: len(rounds) // 2]:
        with start(migrations) as one, start(migrations) as other:
            ended = [process.communicate(timeout=100) for process in (one, other)]
        assert [(one.returncode, ended[0][1]), (other.returncode, ended[1][1])] == [(0, ""), (0, "")]
        assert_whole(migrations, dialect)
        start_anew(migrations, dialect)


@on_postgresql
def test_revision_behind_a_long_reader_is_retried_and_then_names_the_reader(migrations: Migrations) -> None:
    migrations.line("r1")
    assert migrations.dbops(*DEPLOY[1:]).code == 0
    migrations.revision("r2", "r1", upgrade='op.add_column("t_r1", sa.Column("more", sa.Integer))')
    with psycopg.connect(migrations.url, application_name="a long report") as reader:
        reader.execute("SELECT * FROM t_r1")
        answer = migrations.dbops(*DEPLOY[1:], "--lock-timeout", "0.4", "--attempts", "2")
        pid = reader.info.backend_pid
    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert f"kept from a lock by session {pid} of role 'dbops_owner' (a long report), idle in transaction" in answer.err
    assert "tried 2 times, 0.4 s each, all rolled back" in answer.err
    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r1",)]
    assert migrations.dbops(*DEPLOY[1:]).code == 0


@on_postgresql
def test_revision_is_applied_once_the_reader_has_gone(migrations: Migrations) -> None:
    migrations.line("r1")
    assert migrations.dbops(*DEPLOY[1:]).code == 0
    migrations.revision("r2", "r1", upgrade='op.add_column("t_r1", sa.Column("more", sa.Integer))')
    with psycopg.connect(migrations.url, autocommit=True) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t_r1")
        with start(migrations, "--lock-timeout", "0.2", "--attempts", "500") as process:
            failed = "SELECT count(*) FROM dbops.journal WHERE event = 'failed' AND detail = ''"
            wait_for(lambda: migrations.rows(failed) != [(0,)], patience_s=60)
            reader.execute("COMMIT")
            process.communicate(timeout=60)
    assert process.returncode == 0
    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r2",)]


@on_postgresql
def test_deploy_whose_lock_is_lost_stops_before_the_next_revision(migrations: Migrations) -> None:
    ours = "datname = current_database() AND application_name = 'dbops deploy lock'"  # others deploy on this server too
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"
    migrations.revision("r1", upgrade=f'op.execute("{end}")')
    migrations.revision("r2", "r1")
    answer = migrations.dbops(*DEPLOY[1:])
    assert answer.code == 3
    assert "the connection that held the lock was lost, so revision r2 was not begun" in answer.err
    assert [each["fate"] for each in answer.json["revisions"]] == ["applied", "not run"]
    migrations.revision("r1", upgrade=f'op.execute("{end}")')
    assert migrations.dbops(*DEPLOY[1:]).code == 0
    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r2",)]
