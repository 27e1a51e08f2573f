"""`dbops migrate verify` shows the rehearsal as a table; `reset` empties a database and builds it again."""

from __future__ import annotations

import pytest

from pytest_dbops.cli.migrations.reset import JSON
from tests.cli.migrations import Migrations

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
RESET = ("reset", "--env", "staging", "--format", "json")


@on_sqlite
def test_verify_shows_what_came_of_each_revision(migrations: Migrations) -> None:
    migrations.revision("r1", downgrade='op.drop_table("t_r1")')
    migrations.revision("r2", "r1", downgrade='op.drop_table("t_elsewhere")')
    answer = migrations.dbops("verify", "--env", "staging")
    assert (answer.code, answer.err) == (1, "")
    heading, one, two, *lines = answer.out.splitlines()
    assert heading.split()[:3] == ["REVISION", "APPLIES", "REVERSES"]
    assert (one.split()[:3], two.split()[:3]) == (["r1", "passed", "passed"], ["r2", "passed", "failed"])
    assert any(line.startswith("reverses[r2]: ") and "t_elsewhere" in line for line in lines)
    assert migrations.rows("SELECT count(*) FROM sqlite_schema") == [(0,)]


@on_sqlite
def test_verify_says_a_reason_once_for_all_that_it_keeps_from_being_judged(migrations: Migrations) -> None:
    migrations.revision("r1", upgrade='op.drop_table("nothing")')
    migrations.revision("r2", "r1")
    migrations.revision("r3", "r2")

    answer = migrations.dbops("verify", "--env", "staging")

    assert (answer.code, answer.err) == (1, "")
    said = [line for line in answer.out.splitlines() if "not reached" in line]
    assert said == ["applies[r2] and 9 more: not reached, because revision r1 does not apply"]


@on_sqlite
def test_verify_of_no_revision_has_nothing_to_check(migrations: Migrations) -> None:
    answer = migrations.dbops("verify", "--env", "staging")
    said = "dbops: the history has no revision yet (make one: dbops migrate create NAME)\n"
    assert (answer.code, answer.err, answer.out) == (5, said, "")


def test_reset_drops_everything_and_applies_all(migrations: Migrations, dialect: str) -> None:
    migrations.project.append("may_destroy = true\n")
    migrations.line("r1", "r2")
    migrations.sql("CREATE TABLE by_hand (id integer)", "CREATE VIEW of_it AS SELECT id FROM by_hand")
    asked = migrations.dbops(*RESET)
    assert (asked.code, "--yes" in asked.err) == (2, True)
    assert migrations.dbops("deploy", "--env", "staging").code == 0
    migrations.sql("INSERT INTO t_r1 VALUES (1)")
    done = migrations.dbops(*RESET, "--yes")
    assert (done.code, done.err, [each["fate"] for each in done.json["revisions"]]) == (0, "", ["applied"] * 2)
    assert set(done.json) == set(JSON.keys)
    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r2",)]
    assert migrations.rows("SELECT count(*) FROM t_r1") == [(0,)]
    there = {
        "sqlite": "SELECT count(*) FROM sqlite_schema WHERE name IN ('by_hand', 'of_it')",
        "postgresql": "SELECT count(*) FROM pg_class WHERE relname IN ('by_hand', 'of_it')",
    }
    assert migrations.rows(there[dialect]) == [(0,)]


@on_sqlite
def test_reset_is_refused_where_nothing_may_be_dropped_and_always_in_production(migrations: Migrations) -> None:
    migrations.line("r1")
    migrations.sql("CREATE TABLE by_hand (id integer)")
    refused = migrations.dbops(*RESET, "--yes")
    assert (refused.code, "nothing may be dropped in 'staging'" in refused.err) == (4, True)
    migrations.project.append('[env.production]\nurl = "env:STAGING_URL"\nencryption = false\n')
    forced = ("--yes", "--force", "may_write", "may_destroy", "--reason", "because")
    never = migrations.dbops("reset", "--env", "production", *forced)
    assert (never.code, never.err) == (4, "dbops: 'production' is a production environment; it is never reset\n")
    assert migrations.rows("SELECT name FROM sqlite_schema") == [("by_hand",)]


@on_sqlite
def test_reset_of_an_embedded_environment_builds_it_anew(migrations: Migrations) -> None:
    migrations.line("r1")
    answer = migrations.dbops("reset", "--env", "development", "--yes")
    assert (answer.code, answer.out, answer.err) == (0, "development: built anew\n", "")
    assert (migrations.path / ".dbops/development.sqlite3").exists()
