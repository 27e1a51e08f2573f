"""`dbops gate` is pytest, with exit codes that tell what became of the gate."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import WAITS, Project

ONLY = ("-p", "no:randomly", "-p", "no:cacheprovider")


def test_full_gate_that_passes_ends_with_0(project: Project) -> None:
    answer = project.dbops_apart("gate", "--env", "staging", *ONLY)
    assert (answer.code, answer.err) == (0, "")
    assert "PASS  staging:" in answer.out
    assert (project.path / "dbops-reports/staging/gate.json").is_file()


def test_gate_runs_where_every_warning_is_an_error(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\nfilterwarnings = error\n")
    answer = project.dbops_apart("gate", "--env", "staging", *ONLY)
    assert (answer.code, answer.err) == (0, "")
    assert ("PASS  staging:" in answer.out, "warning" in answer.out) == (True, False)


def test_part_of_a_gate_that_passes_ends_with_3(project: Project) -> None:
    answer = project.dbops_apart("gate", "--env", "staging", "dbops.toml::schema", *ONLY)
    assert (answer.code, "PASS (partial run)" in answer.out) == (3, True)


def test_blocked_gate_ends_with_1(project: Project, spoil: Callable[[], None]) -> None:
    spoil()
    assert project.dbops_apart("--env", "staging", "gate", "-q", *ONLY).code == 1


def test_gate_that_cannot_be_judged_ends_with_3(project: Project) -> None:
    project.append('\n[env.production]\nurl = "sqlite:///nowhere/at_all.sqlite3"\n')
    answer = project.dbops_apart("gate", "--env", "production", *ONLY)
    assert (answer.code, "INCONCLUSIVE" in answer.out) == (3, True)


def test_selection_of_nothing_ends_with_5(project: Project) -> None:
    assert project.dbops_apart("gate", "--env", "staging", "-k", "nothing_of_that_name", *ONLY).code == 5


def test_collecting_is_no_passed_gate(project: Project) -> None:
    answer = project.dbops_apart("gate", "--env", "staging", "--collect-only", "-q", *ONLY)
    assert (answer.code, "dbops.toml::schema::table_without_primary_key" in answer.out) == (5, True)


def test_wrong_option_of_pytest_ends_with_2(project: Project) -> None:
    assert project.dbops_apart("gate", "--env", "staging", "--no-such-option").code == 2


def test_unknown_environment_ends_with_2_before_pytest_starts(project: Project) -> None:
    answer = project.dbops_apart("gate", "--env", "stagin")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_gate_of_another_folder_is_found_by_its_configuration(project: Project) -> None:
    (project.path / "elsewhere").mkdir()
    inside = Project(project.path / "elsewhere", project.capture)
    assert inside.dbops_apart("gate", "--config", "../dbops.toml", "--env", "staging", *ONLY).code == 0


def test_json_is_the_report_alone_and_pytest_speaks_on_standard_error(project: Project) -> None:
    answer = project.dbops_apart("gate", "--env", "staging", "--format", "json", *ONLY)
    written = json.loads((project.path / "dbops-reports/staging/gate.json").read_text(encoding="utf-8"))
    assert (answer.code, answer.json) == (0, written)
    assert "test session starts" in answer.err


@pytest.mark.parametrize("ids", [(), ("dbops.toml::checks",)], ids=["after a blocker", "before anything"])
def test_interrupt_ends_with_130_whatever_was_seen(
    project: Project, spoil: Callable[[], None], ids: tuple[str, ...]
) -> None:
    spoil()
    project.write("checks/slow.py", WAITS)
    assert project.dbops_interrupted("gate", "--env", "staging", *ONLY, *ids).code == 130


def test_stop_at_a_blocker_is_no_interrupt(project: Project, spoil: Callable[[], None]) -> None:
    spoil()
    assert project.dbops_apart("gate", "--env", "staging", "-p", "no:randomly", "--sw").code == 1


def test_report_that_cannot_be_written_ends_with_2_and_says_so(project: Project) -> None:
    project.write("dbops-reports", "a file where the folder should be")
    answer = project.dbops_apart("gate", "--env", "staging", *ONLY)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "could not be written: " in answer.err
    assert "PASS  staging:" in answer.out


def test_report_that_cannot_be_written_hides_no_blocker(project: Project, spoil: Callable[[], None]) -> None:
    spoil()
    project.write("dbops-reports", "a file where the folder should be")
    assert project.dbops_apart("gate", "--env", "staging", *ONLY).code == 1


def test_file_of_tests_that_does_not_load_is_no_interrupt(project: Project) -> None:
    project.write("test_broken.py", "1/0\n")
    answer = project.dbops_apart("gate", "--env", "staging", "test_broken.py", "dbops.toml", *ONLY)
    assert answer.code == 3
