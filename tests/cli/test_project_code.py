"""Code of the project that misbehaves is told in one line, and never makes a command green or its output unreadable."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Project

CHECK = """
from pytest_dbops import Finding, Severity, check

@check("OWN001", severity=Severity.ERROR)
def misbehaves(session):
    '''Misbehaves.'''
    {body}
"""


def test_check_that_ends_the_process_is_inconclusive(project: Project) -> None:
    project.write("checks/own.py", CHECK.format(body="raise SystemExit(0)"))
    answer = project.dbops("health", "--env", "staging")
    assert (answer.code, answer.err) == (3, "")
    assert "the check broke: SystemExit: 0 (own.py:7)" in answer.out


def test_baseline_is_not_written_past_a_check_that_ends_the_process(project: Project) -> None:
    project.write("checks/own.py", CHECK.format(body="raise SystemExit(0)"))
    answer = project.dbops("baseline", "write", "--env", "staging")
    assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)
    assert "SystemExit: 0" in answer.err


@pytest.mark.parametrize("words", [("health", "--env", "staging"), ("checks", "list"), ("baseline", "write")])
def test_check_file_that_ends_the_process_is_one_line(project: Project, words: tuple[str, ...]) -> None:
    file = project.write("checks/own.py", "\nimport sys; sys.exit(0)\n")
    answer = project.dbops(*words)
    assert (answer.code, answer.out, answer.err) == (2, "", f"dbops: {file}:2: SystemExit: 0\n")


def test_check_file_that_ends_the_process_is_a_problem_of_the_configuration(project: Project) -> None:
    file = project.write("checks/own.py", "\nimport sys; sys.exit(0)\n")
    answer = project.dbops("config", "validate")
    assert (answer.code, answer.err, f"{file}:2: SystemExit: 0" in answer.out) == (2, "", True)
