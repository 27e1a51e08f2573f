"""The exit code tells a pipeline what became of the question."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Project
from tests.fix_postgres import ScratchDatabase

UNREACHABLE = '\n[env.production]\nurl = "sqlite:///nowhere/at_all.sqlite3"\n'


def test_sound_database_ends_with_0(project: Project) -> None:
    answer = project.dbops("health", "--env", "staging")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("PASS  staging: ")


def test_findings_end_with_1(project: Project, spoil: Callable[[], None]) -> None:
    spoil()
    answer = project.dbops("health", "--env", "staging")
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.startswith("BLOCKED  staging: 1 check failed")


def test_unreachable_database_ends_with_3(project: Project) -> None:
    project.append(UNREACHABLE)
    answer = project.dbops("health", "--env", "production")
    assert (answer.code, answer.out.partition("  ")[0]) == (3, "INCONCLUSIVE")


def test_ping_of_nothing_ends_with_3_and_one_line(project: Project) -> None:
    project.append(UNREACHABLE)
    answer = project.dbops("env", "ping", "production")
    assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)


def test_scratch_server_that_is_an_environment_is_refused_with_4(
    project: Project, postgres_database: ScratchDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.append('\n[env.production]\nurl = "env:PRODUCTION"\n')
    monkeypatch.setenv("PRODUCTION", postgres_database.url)
    monkeypatch.setenv("SHADOW_DATABASE_URL", postgres_database.superuser_url)
    answer = project.dbops("env", "ping", "testing")
    assert (answer.code, answer.out) == (4, "")
    assert "of environment 'production'" in answer.err


def test_empty_category_ends_with_5(project: Project) -> None:
    project.write("dbops.toml", '[env.staging]\nurl = "sqlite:///staging.sqlite3"\nrequire = []\n')
    answer = project.dbops("health", "--env", "staging", "--category", "checks")
    assert (answer.code, answer.out) == (5, "")
    assert answer.err.startswith("dbops: no check is in checks; this gate has connectivity, schema, migrations, ")


def test_unset_variable_behind_a_url_is_one_line(project: Project) -> None:
    project.append('\n[env.production]\nurl = "env:NOT_SET_ANYWHERE"\n')
    answer = project.dbops("env", "ping", "production")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "NOT_SET_ANYWHERE" in answer.err


def test_nagios_codes_are_those_of_nagios(project: Project, spoil: Callable[[], None]) -> None:
    assert project.dbops("health", "--env", "staging", "--format", "nagios").code == 0
    spoil()
    answer = project.dbops("health", "--env", "staging", "--format", "nagios")
    assert (answer.code, answer.out.split()[1]) == (2, "CRITICAL")


def test_baseline_is_refused_when_a_check_could_not_be_judged(project: Project) -> None:
    project.append(UNREACHABLE)
    answer = project.dbops("baseline", "write", "--env", "production")
    assert (answer.code, answer.out) == (3, "")
    assert "could not be judged, so a baseline would hide what they find" in answer.err
    assert not (project.path / "dbops-baseline.json").exists()


@pytest.mark.parametrize("output", ["dbops.toml", "staging.sqlite3", "no/such/folder.json", "checks"])
def test_baseline_never_takes_the_place_of_another_file(output: str, project: Project) -> None:
    before = {path: path.read_bytes() for path in project.path.rglob("*") if path.is_file()}

    answer = project.dbops("baseline", "write", "--env", "staging", "--output", output)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert {path: path.read_bytes() for path in project.path.rglob("*") if path.is_file()} == before


def test_baseline_lets_known_findings_pass(project: Project, spoil: Callable[[], None]) -> None:
    spoil()
    written = project.dbops("baseline", "write", "--env", "staging")
    known = project.dbops("health", "--env", "staging", "--baseline", "dbops-baseline.json")
    project.sql("CREATE TABLE letter (text text) STRICT;")
    new = project.dbops("health", "--env", "staging", "--baseline", "dbops-baseline.json")
    assert (written.code, known.code, new.code) == (0, 0, 1)
    assert written.out.startswith("dbops-baseline.json: ")
