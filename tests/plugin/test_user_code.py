"""What a project's own conftest.py and ini do, or do not do, to its gate."""

from __future__ import annotations

import pytest

from tests.fix_project import GateProject

RAISING_AUTOUSE = """
import pytest

@pytest.fixture(autouse=True)
def broken():
    raise RuntimeError("autouse fixtures of tests are no business of the gate")

@pytest.fixture(autouse=True, scope="session")
def broken_too():
    raise RuntimeError("likewise")
"""


def test_autouse_fixtures_do_not_wrap_the_gate(gate_project: GateProject) -> None:
    gate_project.write("conftest.py", RAISING_AUTOUSE)
    assert gate_project.run("--dbops-env=staging").ret == 0


def test_usefixtures_of_the_ini_do_not_wrap_the_gate(gate_project: GateProject) -> None:
    gate_project.write("pytest.ini", "[pytest]\nusefixtures = nowhere_defined\n")
    assert gate_project.run("--dbops-env=staging").ret == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import nowhere_installed\n", "*conftest.py:1 fails to load: ModuleNotFoundError: *nowhere_installed*"),
        ("def broken(:\n", "*conftest.py* fails to load: SyntaxError: *"),
        ("import sys\nsys.exit(0)\n", "*conftest.py:2 fails to load: SystemExit: 0 (no gate was run)"),
    ],
)
def test_a_conftest_that_fails_is_told_in_one_line(gate_project: GateProject, text: str, told: str) -> None:
    gate_project.write("conftest.py", text)
    result = gate_project.run_apart("--dbops-env=staging")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {told}"])
    assert "Traceback" not in result.stderr.str()


def test_a_conftest_that_fails_without_a_gate_is_left_to_pytest(gate_project: GateProject) -> None:
    gate_project.write("conftest.py", "import nowhere_installed\n")
    result = gate_project.run_apart()
    result.stderr.fnmatch_lines(["ImportError while loading conftest*"])
