"""`dbops migrate deploy` brings a database to the head, tells the journal, and refuses in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_dbops.core.deploy.deploys import deploys_of
from pytest_dbops.operations.deploying.journal import read_journal
from tests.checks.connectivity.asking import session_on
from tests.cli.migrations import Migrations

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
BEGINS_ITSELF = """
        from sqlalchemy import event
        connection.connection.driver_connection.isolation_level = None
        event.listen(connection, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
"""
JOURNAL = {"sqlite": "dbops_journal", "postgresql": "dbops.journal"}


def deploy(migrations: Migrations, *more: str) -> dict[str, object]:
    answer = migrations.dbops("deploy", "--env", "staging", "--format", "json", *more)
    assert (answer.code, answer.err) == (0, "")
    found: dict[str, object] = answer.json
    return found


def fates(found: dict[str, object]) -> list[tuple[str, str]]:
    return [(each["revision"], each["fate"]) for each in found["revisions"]]  # type: ignore[attr-defined]  # JSON


def events(migrations: Migrations, dialect: str) -> list[tuple[object, ...]]:
    return migrations.rows(f"SELECT event, revision FROM {JOURNAL[dialect]} ORDER BY id")


def applied(migrations: Migrations) -> list[tuple[object, ...]]:
    return migrations.rows("SELECT version_num FROM alembic_version")


def test_pending_revisions_are_applied_and_the_journal_has_them(migrations: Migrations, dialect: str) -> None:
    migrations.line("r1", "r2")
    found = deploy(migrations)
    assert fates(found) == [("r1", "applied"), ("r2", "applied")]
    assert applied(migrations) == [("r2",)]
    assert events(migrations, dialect) == [
        ("deploy", ""), ("started", "r1"), ("applied", "r1"), ("started", "r2"), ("applied", "r2"), ("ended", ""),
    ]  # fmt: skip
    assert fates(deploy(migrations)) == []
    with session_on(migrations.url) as session:
        (told,) = deploys_of(read_journal(session)).deploys  # as BAK013 is told; the second had nothing to do
    assert told.revisions == ("r1", "r2")
    assert abs(datetime.now(UTC) - told.began_at) < timedelta(minutes=10)


@on_sqlite
def test_env_that_begins_transactions_itself_keeps_nobody_from_the_file(migrations: Migrations) -> None:
    migrations.line("r1")
    migrations.env(first=BEGINS_ITSELF)
    assert fates(deploy(migrations)) == [("r1", "applied")]
    assert applied(migrations) == [("r1",)]


def test_revision_that_fails_is_rolled_back_and_named(migrations: Migrations, dialect: str) -> None:
    migrations.line("r1")
    migrations.revision("r2", "r1", upgrade="op.execute('CREATE TABLE half (id integer)'); op.execute('NONSENSE')")
    migrations.revision("r3", "r2")
    answer = migrations.dbops("deploy", "--env", "staging")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert answer.err.startswith("dbops: revision r2 (r2.py:13) fails to upgrade: ")
    assert [line.split()[:2] for line in answer.out.splitlines()[2:]] == [
        ["r1", "applied" if dialect == "postgresql" else "not"], ["r2", "failed"], ["r3", "not"],
    ]  # fmt: skip


WITH_COLUMN = 'op.add_column("t_r1", sa.Column("note", sa.String(20)))'
ROLLBACK = ("rollback", "--env", "staging", "--to", "r1")
WITHOUT_COLUMN = 'op.drop_column("t_r1", "note")'


def test_rollback_loses_no_data_that_nobody_accepted(migrations: Migrations, dialect: str, own_scratch: None) -> None:
    migrations.project.append("may_destroy = true\n")
    migrations.revision("r1", downgrade='op.drop_table("t_r1")')
    migrations.revision("r2", "r1", upgrade=WITH_COLUMN, downgrade=WITHOUT_COLUMN)
    deploy(migrations)
    migrations.sql("INSERT INTO t_r1 (id, note) VALUES (1, 'kept'), (2, NULL)")
    refused = migrations.dbops(*ROLLBACK)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert refused.out == "lost  t_r1.note: 1 of 1 values lost (the column is gone)\n"
    migrations.sql("INSERT INTO t_r1 (id, note) VALUES (3, 'new')")
    late = migrations.dbops(*ROLLBACK, "--accept-loss", hash_in(refused.err))
    assert (late.code, "accepts another loss than this" in late.err) == (1, True)
    assert applied(migrations) == [("r2",)]
    done = migrations.dbops(*ROLLBACK, "--accept-loss", hash_in(late.err), "--format", "json")
    assert (done.code, done.err, fates(done.json)) == (0, "", [("r2", "taken back")])
    assert applied(migrations) == [("r1",)]
    assert migrations.rows("SELECT * FROM t_r1 ORDER BY id") == [(1,), (2,), (3,)]
    assert events(migrations, dialect)[-3:] == [("taking_back", "r2"), ("taken_back", "r2"), ("ended", "")]


def hash_in(text: str) -> str:
    return text.partition("--accept-loss ")[2].strip(")\n")


@on_sqlite
def test_rollback_that_loses_data_is_refused_where_nothing_may_be_dropped(migrations: Migrations) -> None:
    migrations.revision("r1", downgrade='op.drop_table("t_r1")')
    deploy(migrations)
    migrations.sql("INSERT INTO t_r1 VALUES (1)")
    forbidden = migrations.dbops("rollback", "--env", "staging", "--to", "base")
    assert (forbidden.code, "nothing may be dropped in 'staging'" in forbidden.err) == (4, True)
    asked = migrations.dbops("rollback", "--env", "staging", "--to", "base", "--dry-run", "--format", "json").json
    assert (asked["losses"], asked["note"]) == (["t_r1: 1 of 1 rows lost (the table is gone)"], "")
    assert asked["refusals"] == ["nothing may be dropped in 'staging' ([env.staging] may_destroy = true)"]
    assert applied(migrations) == [("r1",)]


@on_sqlite
def test_revision_that_cannot_be_taken_back_is_refused(migrations: Migrations) -> None:
    migrations.revision("r1", downgrade='raise NotImplementedError("the old names are gone")')
    deploy(migrations)
    answer = migrations.dbops("rollback", "--env", "staging")
    assert answer.code == 1
    assert answer.err == (
        "dbops: revision r1 (migrations/versions/r1.py) cannot be taken back: the old names are gone\n"
    )


def test_dry_run_runs_on_a_copy_of_the_schema_and_leaves_the_target_alone(
    migrations: Migrations, dialect: str, own_scratch: None
) -> None:
    migrations.line("r1")
    deploy(migrations)
    migrations.sql("CREATE TABLE by_hand (id integer)")
    migrations.revision("r2", "r1", upgrade='op.create_table("by_hand", sa.Column("id", sa.Integer))')
    before = migrations.rows(f"SELECT * FROM {JOURNAL[dialect]} ORDER BY id")
    answer = migrations.dbops("deploy", "--env", "staging", "--dry-run", "--format", "json")
    assert (answer.code, fates(answer.json)) == (1, [("r2", "failed")])
    assert answer.json["rehearsed"] == "on a scratch copy of the target's own schema, over generated rows"
    assert "already exists" in answer.err
    assert migrations.rows(f"SELECT * FROM {JOURNAL[dialect]} ORDER BY id") == before
    migrations.sql("DROP TABLE by_hand")
    assert migrations.dbops("deploy", "--env", "staging", "--dry-run").code == 0
    assert applied(migrations) == [("r1",)]
