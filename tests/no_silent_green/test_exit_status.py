"""No silent green: nothing a project or a plugin does to the session makes its exit status greener than the verdict."""

from __future__ import annotations

import pytest

from tests.fix_project import GateProject

SETS_STATUS = """
def pytest_sessionfinish(session):
    session.exitstatus = 0
"""
SETS_STATUS_LAST = """
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    yield
    session.exitstatus = 0

def pytest_unconfigure():
    pass
"""
EXITS_AT_THE_END = """
import sys

def pytest_sessionfinish(session):
    sys.exit(0)
"""
EXITS_AT_THE_VERY_END = """
import sys

def pytest_unconfigure():
    sys.exit(0)
"""
EXITS_BY_PYTEST = """
import pytest

def pytest_sessionfinish(session):
    pytest.exit("done", returncode=0)
"""
ENDS = [SETS_STATUS, SETS_STATUS_LAST, EXITS_AT_THE_END, EXITS_AT_THE_VERY_END, EXITS_BY_PYTEST]
NAMES = ["set", "set last", "exit", "exit last", "pytest.exit"]


@pytest.mark.parametrize("conftest", ENDS, ids=NAMES)
def test_conftest_that_whitewashes_a_blocked_gate(gate_project: GateProject, conftest: str) -> None:
    gate_project.sql_check("rows", "SELECT 1 AS id")
    gate_project.write("conftest.py", conftest)
    result = gate_project.run_apart("--dbops-env=staging", "-p", "no:randomly", "dbops.toml::checks")
    assert result.ret != 0
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_conftest_that_whitewashes_a_gate_of_which_nothing_was_selected(gate_project: GateProject) -> None:
    gate_project.write("conftest.py", SETS_STATUS)
    result = gate_project.run_apart("--dbops-env=staging", "-p", "no:randomly", "-k", "nothing_is_called_so")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_conftest_that_ends_the_session_before_it_starts(gate_project: GateProject) -> None:
    gate_project.write("conftest.py", "import sys\ndef pytest_configure():\n    sys.exit(0)\n")
    result = gate_project.run_apart("--dbops-env=staging", "-p", "no:randomly")
    assert result.ret != 0


@pytest.mark.parametrize("workers", ["0", "2"])
def test_conftest_that_exits_when_it_is_loaded(gate_project: GateProject, workers: str) -> None:
    pytest.importorskip("xdist")
    gate_project.write("conftest.py", "import sys\nsys.exit(0)\n")
    result = gate_project.run_apart("--dbops-env=staging", "-p", "no:randomly", "-n", workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        f"ERROR: {gate_project.path / 'conftest.py'}:2 fails to load: SystemExit: 0 (no gate was run)"
    ]


@pytest.mark.parametrize("flag", ["--fixtures", "--markers", "--collect-only", "--setup-plan", "--version"])
def test_session_that_only_shows_something_is_left_alone(gate_project: GateProject, flag: str) -> None:
    assert gate_project.run("--dbops-env=staging", flag).ret == 0
    assert not (gate_project.path / "dbops-reports").exists()
