"""The managers do what the commands do, and return values instead of text."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_dbops import ComplianceManager, DatabaseManager, PerformanceMonitor
from pytest_dbops.core.errors import ConfigError, Unreachable, UsageError
from pytest_dbops.core.verdict import Scope, Verdict
from pytest_dbops.provisioning.inventory import status
from tests.cli.conftest import Project
from tests.fix_postgres import ScratchDatabase

PRODUCTION = (
    '\n[env.production]\nurl = "env:PRODUCTION"\nrequired_variables = [{ name = "JWT_SECRET", min_length = 32 }]\n'
)


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment on each product, with one table or more."""
    if request.param == "sqlite":
        return "staging"
    database: ScratchDatabase = request.getfixturevalue("postgres_database")
    with database.connect() as connection:
        connection.execute("CREATE TABLE customer (id integer PRIMARY KEY)")
    monkeypatch.setenv("SOMEWHERE", database.url)
    project.append('\n[env.somewhere]\nkind = "testing"\nurl = "env:SOMEWHERE"\n')
    return "somewhere"


def test_database_manager_pings_and_reads_the_catalog(environment: str) -> None:
    with DatabaseManager(environment) as database:
        assert database.ping().environment == environment
        assert "customer" in {table.name for table in database.catalog().tables}


def test_database_manager_judges(environment: str) -> None:
    with DatabaseManager(environment) as database:
        report = database.health(codes=["SCH003", "SCH007"])
    assert (report.judgement.verdict, report.judgement.scope) == (Verdict.PASS, Scope.PARTIAL)
    assert [result.code for result in report.results] == ["SCH003", "SCH007"]


def test_performance_monitor_reads_statistics(environment: str) -> None:
    with PerformanceMonitor(environment) as performance:
        assert performance.statistics() is not None


def test_database_manager_plans_and_maintains(project: Project) -> None:
    many = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)"
    project.sql(
        f"CREATE TABLE big (id integer PRIMARY KEY, n integer) STRICT; {many} INSERT INTO big SELECT n, n FROM n;"
    )
    project.sql("CREATE INDEX big_n ON big (n);")
    project.append("may_write = true\n")
    with DatabaseManager("staging") as database:
        assert [(step.task, step.subject) for step in database.maintenance_plan().alone] == [("analyze", "big")]
        done = database.maintain(tasks=["analyze"], actor="ada@example.com")
        assert [(each.step.subject, each.fate) for each in done.steps] == [("big", "done")]
        assert (done.shortfall, database.maintenance_plan().steps) == (None, ())


def test_managers_read_the_schema_anew_each_time(project: Project) -> None:
    with DatabaseManager("staging") as database:
        before = database.catalog()
        project.sql("CREATE TABLE letter (id integer PRIMARY KEY) STRICT;")
        after = database.catalog()
    assert before.fingerprint != after.fingerprint


def test_embedded_server_lives_as_long_as_the_block(project: Project, scratch_postgres: object) -> None:
    def ours() -> set[str]:
        return {server.run_id for server in status() if server.is_running and server.owner_pid == os.getpid()}

    before = ours()
    with DatabaseManager("testing") as database:
        first, second = database.ping(), database.ping()
        during = ours() - before
    assert (first.database, len(during)) == (second.database, 1)
    assert not ours() & during


def test_health_judges_the_revisions_it_is_asked_for_and_refuses_a_range_that_means_nothing(project: Project) -> None:
    file = project.path / "dbops.toml"
    file.write_text(file.read_text().replace("[project]", '[project]\nmigrations = "migrations"'))
    project.write("migrations/env.py", "")
    project.write("migrations/versions/r1.py", 'revision = "r1"\ndown_revision = None\n')
    with DatabaseManager("staging") as database:
        report = database.health(codes=["CON001"], revisions="last:1", fresh=True)
        with pytest.raises(UsageError, match=r"--dbops-revisions: 'last:x' is no range"):
            database.health(revisions="last:x")
    assert report.revisions == "last:1 (1 of 1)"


def test_checks_are_tuned_by_the_configuration(project: Project) -> None:
    project.append("\n[checks.CON001]\nwarn_ms = 7\n")
    with DatabaseManager("staging") as database:
        tuned = {check.code: check.settings for check in database.checks()}
    assert tuned["CON001"]["warn_ms"] == 7


def test_compliance_manager_knows_waivers_variables_and_grants(project: Project) -> None:
    project.append(PRODUCTION + WAIVER)
    with ComplianceManager("production") as compliance:
        assert [(waiver.check, waiver.expires) for waiver in compliance.waivers()] == [("SCH003", EXPIRES)]
        assert compliance.variable_problems() == ("variable JWT_SECRET is required and not set",)
        assert compliance.grant_statements("watcher")[0].startswith('CREATE ROLE "watcher" LOGIN')


EXPIRES = datetime.now(UTC).date() + timedelta(days=30)
WAIVER = f"""
[[waiver]]
check = "SCH003"
subject = "note"
owner = "ledger team"
reason = "kept for the auditors"
expires = {EXPIRES.isoformat()}
"""


def test_unknown_environment_is_refused_when_the_block_begins(project: Project) -> None:
    with pytest.raises(ConfigError, match="there is no environment 'nowhere'"), DatabaseManager("nowhere"):
        pass


def test_methods_outside_of_a_block_are_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="with block"):
        DatabaseManager("staging").ping()


def test_configuration_may_be_named(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with DatabaseManager("staging", config="../dbops.toml") as database:
        assert database.environment.name == "staging"


def test_unreachable_database_is_an_error_of_ours(project: Project) -> None:
    project.append('\n[env.gone]\nkind = "testing"\nurl = "sqlite:///nowhere/at_all.sqlite3"\n')
    with DatabaseManager("gone") as database, pytest.raises(Unreachable):
        database.ping()


def test_logs_of_nested_blocks_go_where_the_inner_one_says_and_back(project: Project) -> None:
    project.append(
        '\n[logging]\ndir = "logs"\nlevel = "INFO"\n\n[env.second]\nkind = "testing"\nurl = "sqlite:///second.sqlite3"\n'
    )
    (project.path / "second.sqlite3").write_bytes((project.path / "staging.sqlite3").read_bytes())
    with DatabaseManager("staging") as outer:
        with DatabaseManager("second") as inner:
            inner.ping()
        outer.ping()
    logs = project.path / "logs"
    assert (logs / "database-second.log").read_text().count("opened second") == 1
    assert (logs / "database-staging.log").read_text().count("opened staging") == 1
