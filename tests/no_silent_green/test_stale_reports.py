"""No silent green: a run that ends before it judged leaves no report of an earlier one that passed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fix_project import CONFIG, GateProject

FOLDER = "dbops-reports/staging"
REPORTS = ["gate.json", "gate.txt", "junit-dbops-staging.xml"]


def remaining(gate_project: GateProject, folder: str = FOLDER) -> list[str]:
    return sorted(file.name for file in (gate_project.path / folder).iterdir())


@pytest.fixture
def passed(gate_project: GateProject) -> GateProject:
    """The project after a gate that passed, with a file of the user's beside the reports."""
    assert gate_project.run("--dbops-env=staging").ret == 0
    assert remaining(gate_project) == REPORTS
    gate_project.write(f"{FOLDER}/notes.md", "of the user")
    return gate_project


def unset_variable(project: GateProject) -> None:
    project.write("dbops.toml", CONFIG.replace("sqlite:///staging.sqlite3", "env:NOT_SET_ANYWHERE"))


def unknown_setting(project: GateProject) -> None:
    project.append("dbops.toml", "\n[checks.SCH999]\nenabled = false\n")


def broken_configuration(project: GateProject) -> None:
    project.write("dbops.toml", "this is [not TOML")


def broken_check_file(project: GateProject) -> None:
    project.write("checks/broken.py", "1/0\n")


def broken_conftest(project: GateProject) -> None:
    project.write("conftest.py", "import sys\nsys.exit(0)\n")


@pytest.mark.parametrize(
    "spoil", [unset_variable, unknown_setting, broken_configuration, broken_check_file, broken_conftest]
)
def test_usage_error_leaves_no_old_verdict(passed: GateProject, spoil: Callable[[GateProject], None]) -> None:
    spoil(passed)
    assert passed.run_apart("--dbops-env=staging", "-p", "no:randomly").ret == pytest.ExitCode.USAGE_ERROR
    assert remaining(passed) == ["notes.md"]


@pytest.mark.parametrize("args", [("-k", "nothing_is_called_so"), ("dbops.toml::nowhere",)])
def test_selection_of_nothing_leaves_no_old_verdict(passed: GateProject, args: tuple[str, ...]) -> None:
    assert passed.run("--dbops-env=staging", *args).ret != 0
    assert remaining(passed) == ["notes.md"]


def test_collection_error_beside_the_gate_leaves_no_old_verdict(passed: GateProject) -> None:
    passed.write("test_broken.py", "1/0\n")
    assert passed.run("--dbops-env=staging", "test_broken.py", "dbops.toml").ret == pytest.ExitCode.INTERRUPTED
    assert passed.verdict() == ("inconclusive", "partial")


def test_report_that_is_not_asked_for_any_more_is_no_old_verdict(passed: GateProject) -> None:
    passed.run("--dbops-env=staging", "--dbops-report=json")
    assert remaining(passed) == ["gate.json", "notes.md"]


def test_reports_in_a_folder_of_ones_own_are_withdrawn_too(gate_project: GateProject) -> None:
    gate_project.run("--dbops-env=staging", "--dbops-report-dir=out")
    broken_check_file(gate_project)
    gate_project.run("--dbops-env=staging", "--dbops-report-dir=out")
    assert remaining(gate_project, "out") == []


@pytest.mark.parametrize("flag", ["--collect-only", "--fixtures", "--markers", "--setup-plan", "--help"])
def test_session_that_only_shows_something_keeps_the_reports(passed: GateProject, flag: str) -> None:
    before = (passed.path / FOLDER / "gate.json").read_bytes()
    passed.run("--dbops-env=staging", flag)
    unknown_setting(passed)
    passed.run("--dbops-env=staging", flag)
    assert (passed.path / FOLDER / "gate.json").read_bytes() == before


def test_session_of_other_tests_keeps_the_reports(passed: GateProject) -> None:
    passed.append("dbops.toml", '\n[env.testing]\nkind = "testing"\n')
    passed.write("test_ordinary.py", "def test_ordinary(): pass\n")
    assert passed.run("--dbops-env=testing", "test_ordinary.py").ret == 0
    assert remaining(passed) == [*REPORTS, "notes.md"]


def test_reports_of_another_environment_stay(passed: GateProject) -> None:
    passed.sql("", database="other.sqlite3")
    passed.append("dbops.toml", '\n[env.production]\nurl = "sqlite:///other.sqlite3"\n')
    passed.run("--dbops-env=production", "-k", "nothing_is_called_so")
    assert remaining(passed) == [*REPORTS, "notes.md"]
