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


PRINTS = """
import os, sys
from pytest_dbops import Severity, check

print("loading with", os.environ["STAGING_TOKEN_URL"])

@check("OWN001", severity=Severity.ERROR)
def prints(session):
    '''Prints.'''
    print("asking with", end=" ")
    print(os.environ["STAGING_TOKEN_URL"])
    sys.stderr.write("sesame-" "open-wide")
    os.write(1, b"written to the descriptor\\n")
    os.system("echo from a child")
    return ()
"""
PASSWORD = "sesame-open-wide"


@pytest.fixture
def printing(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project with a check that prints, and a password that it prints."""
    monkeypatch.setenv("STAGING_TOKEN_URL", f"postgresql://app:{PASSWORD}@db.example.com/books")
    project.append('\n[env.production]\nurl = "env:STAGING_TOKEN_URL"\n')
    project.write("checks/own.py", PRINTS)
    return project


@pytest.mark.parametrize("words", [("health",), ("checks", "list")])
def test_what_a_check_prints_is_no_part_of_the_document(printing: Project, words: tuple[str, ...]) -> None:
    answer = printing.dbops_apart(*words, "--env", "staging", "--format", "json")
    assert answer.code == 0
    assert answer.json
    assert answer.err.startswith("loading with ")
    assert PASSWORD not in answer.err


def test_what_a_check_prints_is_no_part_of_the_monitoring_line(printing: Project) -> None:
    answer = printing.dbops_apart("health", "--env", "staging", "--format", "nagios")
    assert (answer.code, answer.out.startswith("DBOPS OK")) == (0, True)
    assert "asking with" in answer.err
    assert "written to the descriptor\n" in answer.err
    assert "from a child\n" in answer.err
    assert PASSWORD not in answer.err
