"""What keeps a deploy from beginning is one line and an exit code that says whether anybody can override it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.core.backups import BackupRecord, Drill, Verification, VerificationLevel
from pytest_dbops.core.deploy.preconditions import Providers
from pytest_dbops.core.errors import PolicyRefused
from pytest_dbops.core.providers import GatePass
from pytest_dbops.operations.deploying.deploy import plan_deploy
from pytest_dbops.operations.deploying.plan import DeployRequest
from tests.cli.migrations import Migrations

on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
DEPLOY = ("deploy", "--env", "staging", "--format", "json")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADD = 'op.add_column("t_r1", sa.Column("more", sa.Integer))'


def refused(migrations: Migrations, *more: str) -> tuple[int, str]:
    answer = migrations.dbops(*DEPLOY, *more)
    assert (answer.out == "" or answer.json["problem"], answer.err.count("\n")) != ("", 0)
    return answer.code, answer.err


@on_sqlite
def test_several_heads_are_refused_unless_one_is_named(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    migrations.revision("r3", "r1")
    code, err = refused(migrations)
    assert (code, "the history has 2 heads: r2, r3" in err) == (1, True)
    assert migrations.dbops(*DEPLOY, "--to", "heads").code == 0


@on_sqlite
def test_revision_that_branches_off_below_what_is_applied_is_out_of_order(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    assert migrations.dbops(*DEPLOY).code == 0
    migrations.revision("late", "r1")
    migrations.revision("merge", ("r2", "late"))
    code, err = refused(migrations)
    assert (code, "revision late is out of order: r2 is applied" in err) == (4, True)
    unexplained = refused(migrations, "--force", "out_of_order")
    assert (unexplained[0], "--force needs a reason" in unexplained[1]) == (2, True)
    forced = migrations.dbops(*DEPLOY, "--force", "out_of_order", "--reason", "it is independent", "--actor", "ada")
    assert (forced.code, forced.json["overridden"]) == (0, ["out_of_order"])
    assert migrations.rows("SELECT actor, reason, detail FROM dbops_journal WHERE event = 'overridden'") == [
        ("ada", "it is independent", "out_of_order")
    ]


@on_sqlite
def test_row_that_no_revision_has_is_refused(migrations: Migrations) -> None:
    migrations.line("r1")
    migrations.sql("CREATE TABLE alembic_version (version_num text)", "INSERT INTO alembic_version VALUES ('zzz')")
    code, err = refused(migrations)
    assert (code, "the version table holds 'zzz', which is no revision of the code" in err) == (1, True)


@on_sqlite
def test_database_that_newer_code_deployed_is_ahead(migrations: Migrations) -> None:
    migrations.line("r1", "r2")
    assert migrations.dbops(*DEPLOY, "--actor", "ada").code == 0
    (migrations.path / "migrations/versions/r2.py").unlink()
    code, err = refused(migrations)
    assert (code, "the database is ahead of the code: r2 was deployed at " in err, " by ada" in err) == (1, True, True)


def test_edited_revision_is_refused_and_a_finding_of_the_gate(migrations: Migrations, dialect: str) -> None:
    file = migrations.revision("r1")
    assert migrations.dbops(*DEPLOY).code == 0
    migrations.revision("r2", "r1", upgrade=ADD)
    file.write_text("# a new header\n" + file.read_text().replace("    op", "    (op").replace("=True))", "=True)))"))
    assert check(migrations) == ("passed", [])
    file.write_text(file.read_text().replace("Integer", "BigInteger"))
    code, err = refused(migrations)
    assert (code, "revision r1 does something else now than when it was applied" in err) == (1, True)
    assert check(migrations) == ("failed", ["r1"])
    assert migrations.rows("SELECT version_num FROM alembic_version") == [("r1",)]


def check(migrations: Migrations) -> tuple[str, list[str]]:
    found = migrations.project.dbops("health", "--env", "staging", "--check", "MIG011", "--format", "json").json
    (result,) = found["results"]
    return result["outcome"], [each["subject"] for each in result["findings"]]


@on_sqlite
def test_revision_that_does_not_import_is_named_with_its_line(migrations: Migrations) -> None:
    migrations.line("r1")
    file = migrations.revision("r2", "r1")
    file.write_text(file.read_text().replace("import sqlalchemy", "import nothing_of_that_name\nimport sqlalchemy"))
    code, err = refused(migrations)
    assert (code, "revision file r2.py:3 does not import: ModuleNotFoundError: No module named" in err) == (1, True)
    assert migrations.rows("SELECT count(*) FROM sqlite_schema") == [(0,)]


@on_sqlite
def test_circle_of_needs_is_refused(migrations: Migrations) -> None:
    migrations.revision("r1", needs="r2")
    migrations.revision("r2", needs="r1")
    code, err = refused(migrations)
    assert (code, "r1" in err, "r2" in err, err.count("\n")) == (1, True, True, 1)


@on_sqlite
def test_production_is_not_written_to_without_a_reason(migrations: Migrations) -> None:
    migrations.line("r1")
    text = (migrations.path / "dbops.toml").read_text().replace("[env.staging]", "[env.production]")
    migrations.project.write("dbops.toml", text.replace('"staging"', '"production"') + "encryption = false\n")
    asked = ("deploy", "--env", "production")
    plain = migrations.dbops(*asked)
    assert (plain.code, "nothing may be written to 'production'" in plain.err, "(and 2 more)" in plain.err) == (
        4, True, True,
    )  # fmt: skip
    unknown = migrations.dbops(*asked, "--force", "everything", "--reason", "x")
    assert (unknown.code, "'everything' is no refusal of a policy" in unknown.err) == (2, True)
    names = ("may_write", "verified_backup", "full_gate")
    assert migrations.dbops(*asked, "--force", *names, "--reason", "first of all").code == 0


class Backups:
    """A catalogue of one backup."""

    def __init__(self, record: BackupRecord) -> None:
        self.record = record

    def backups(self) -> list[BackupRecord]:
        """Return it."""
        return [self.record]

    def drills(self) -> list[Drill]:
        """Return none."""
        return []


class Gates:
    """A record of one gate."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def last_full_pass(self) -> GatePass:
        """Return it."""
        return GatePass(self.at, "")


def backup(hours: float, *, is_verified: bool = True) -> Backups:
    at = NOW - timedelta(hours=hours)
    proofs = (Verification(at, VerificationLevel.READ_BACK),) if is_verified else ()
    return Backups(BackupRecord("daily", at, 1, True, verifications=proofs))


@pytest.fixture
def needy(migrations: Migrations) -> Migrations:
    """A project whose environment wants everything before a deploy."""
    migrations.line("r1")
    migrations.project.append('deploy_needs = ["verified_backup", "full_gate"]\n')
    return migrations


def planned(migrations: Migrations, providers: Providers) -> list[str]:
    import os

    config = load_config(migrations.path / "dbops.toml", variables=os.environ)
    request = DeployRequest("staging", NOW, "ada")
    plan = plan_deploy(config, request, progress=lambda _: None, providers=providers)
    return [each.id for each in plan.planned]


@on_sqlite
@pytest.mark.parametrize(
    ("providers", "message"),
    [
        (Providers(), "a passed full gate before a deploy: no record of gates is configured"),
        (Providers(gates=Gates(NOW)), "a verified backup before a deploy: no catalogue of backups is configured"),
        (Providers(backup(1, is_verified=False), Gates(NOW)), "the catalogue has none that was verified"),
        (Providers(backup(31), Gates(NOW)), "the newest is 31 h old; 24 h are allowed"),
        (Providers(backup(1), Gates(NOW - timedelta(hours=25))), "the last was 25 h ago; 24 h are allowed"),
    ],
)
def test_need_that_is_not_met_refuses(needy: Migrations, providers: Providers, message: str) -> None:
    with pytest.raises(PolicyRefused, match=message):
        planned(needy, providers)


@on_sqlite
def test_needs_that_are_met_refuse_nothing(needy: Migrations) -> None:
    assert planned(needy, Providers(backup(2), Gates(NOW))) == ["r1"]


@on_sqlite
def test_embedded_environment_is_no_place_to_deploy_to(migrations: Migrations) -> None:
    answer = migrations.dbops("deploy", "--env", "development")
    assert (answer.code, "environment 'development' is embedded" in answer.err) == (2, True)


@on_sqlite
def test_env_that_connects_elsewhere_is_told_which_database_it_was_given(migrations: Migrations) -> None:
    migrations.line("r1")
    env = migrations.path / "migrations/env.py"
    env.write_text(env.read_text().replace('os.environ["DATABASE_URL"]', '"sqlite:///elsewhere.sqlite3"'))
    code, err = refused(migrations)
    assert code == 4
    assert "elsewhere.sqlite3' instead of the copy of the database of 'staging' they were given" in err
    assert not (migrations.path / "elsewhere.sqlite3").exists()
