"""Which items a command line collects."""

from __future__ import annotations

import pytest

from tests.fix_project import GateProject

ORDINARY = "def test_ordinary():\n    assert True\n"


def test_without_a_path_the_gate_alone_is_collected(gate_project: GateProject) -> None:
    gate_project.write("test_ordinary.py", ORDINARY)
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q")
    result.stdout.no_fnmatch_line("*test_ordinary*")
    result.stdout.fnmatch_lines(["dbops.toml::schema::table_without_primary_key"])


def test_paths_of_addopts_do_not_count(gate_project: GateProject) -> None:
    gate_project.write("tests/test_ordinary.py", ORDINARY)
    gate_project.write("pytest.ini", "[pytest]\naddopts = tests\n")
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q")
    result.stdout.no_fnmatch_line("*test_ordinary*")
    result.stdout.fnmatch_lines(["dbops.toml::schema::*"])


def test_paths_of_testpaths_do_not_count(gate_project: GateProject) -> None:
    gate_project.write("tests/test_ordinary.py", ORDINARY)
    gate_project.write("pytest.ini", "[pytest]\ntestpaths = tests\n")
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q")
    result.stdout.no_fnmatch_line("*test_ordinary*")
    result.stdout.fnmatch_lines(["dbops.toml::schema::*"])


def test_paths_of_the_variable_do_not_count(gate_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> None:
    gate_project.write("tests/test_ordinary.py", ORDINARY)
    monkeypatch.setenv("PYTEST_ADDOPTS", "tests")
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q")
    result.stdout.no_fnmatch_line("*test_ordinary*")
    result.stdout.fnmatch_lines(["dbops.toml::schema::*"])


def test_a_word_that_is_the_value_of_an_option_is_no_path(gate_project: GateProject) -> None:
    gate_project.write("schema/test_ordinary.py", ORDINARY)
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q", "-k", "schema")
    result.stdout.no_fnmatch_line("*test_ordinary*")
    result.stdout.fnmatch_lines(["dbops.toml::schema::*"])


def test_with_paths_exactly_those_are_collected(gate_project: GateProject) -> None:
    gate_project.write("test_ordinary.py", ORDINARY)
    gate_project.append("dbops.toml", '[env.testing]\nurl = "sqlite:///testing.sqlite3"\n')
    result = gate_project.run("--dbops-env=testing", "test_ordinary.py", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["test_ordinary.py::test_ordinary"])
    result.stdout.no_fnmatch_line("dbops.toml::*")


def test_paths_without_the_anchor_are_refused_for_a_guarded_environment(gate_project: GateProject) -> None:
    gate_project.write("test_ordinary.py", ORDINARY)
    result = gate_project.run("--dbops-env=staging", "test_ordinary.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: environment 'staging' is a staging database, on which no tests run*"])


@pytest.mark.parametrize("paths", [(".", "dbops.toml"), ("dbops.toml", "."), ("test_ordinary.py", "dbops.toml")])
def test_paths_with_the_anchor_collect_both(gate_project: GateProject, paths: tuple[str, str]) -> None:
    gate_project.write("test_ordinary.py", ORDINARY)
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q", *paths)
    result.stdout.fnmatch_lines_random(["test_ordinary.py::test_ordinary", "dbops.toml::schema::*"])


def test_plain_pytest_collects_no_gate(gate_project: GateProject) -> None:
    gate_project.write("test_ordinary.py", ORDINARY)
    result = gate_project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(["test_ordinary.py::test_ordinary"])
    result.stdout.no_fnmatch_line("dbops.toml::*")


def test_the_anchor_without_an_environment_is_a_usage_error(gate_project: GateProject) -> None:
    result = gate_project.run("dbops.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: dbops.toml is the anchor of a gate; say of which environment: --dbops-env=*"])


def test_the_variable_names_the_environment_of_an_anchor(
    gate_project: GateProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBOPS_ENV", "staging")
    result = gate_project.run("dbops.toml", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["dbops.toml::schema::*"])


@pytest.mark.parametrize(
    "wanted",
    ["dbops.toml", "dbops.toml::schema", "dbops.toml::schema::table_without_primary_key"],
)
def test_an_id_selects_what_it_names(gate_project: GateProject, wanted: str) -> None:
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q", wanted)
    ids = [line for line in result.outlines if line.startswith("dbops.toml::")]
    assert ids
    assert all(node_id.startswith(wanted) for node_id in ids)


def test_every_printed_id_can_be_pasted(gate_project: GateProject) -> None:
    listed = gate_project.run("--dbops-env=staging", "--collect-only", "-q").outlines
    ids = [line for line in listed if line.startswith("dbops.toml::")]
    pasted = gate_project.run("--dbops-env=staging", "--collect-only", "-q", *ids).outlines
    assert [line for line in pasted if line.startswith("dbops.toml::")] == ids


def test_ids_can_be_pasted_in_a_subfolder(gate_project: GateProject, monkeypatch: pytest.MonkeyPatch) -> None:
    gate_project.write("pytest.ini", "[pytest]\n")
    gate_project.write("deep/folder/.keep", "")
    monkeypatch.chdir(gate_project.path / "deep" / "folder")
    result = gate_project.run("--dbops-env=staging", "../../dbops.toml::schema::duplicate_index")
    result.assert_outcomes(passed=1)


def test_collecting_connects_nowhere(gate_project: GateProject) -> None:
    gate_project.write(
        "dbops.toml",
        '[project]\nchecks = ["checks"]\n[env.staging]\nurl = "env:NOT_SET_ANYWHERE"\nkind = "staging"\n',
    )
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["dbops.toml::connectivity::*"])


def test_another_file_can_be_the_configuration(gate_project: GateProject) -> None:
    (gate_project.path / "dbops.toml").rename(gate_project.path / "ops.toml")
    result = gate_project.run("--dbops-env=staging", "--dbops-config=ops.toml", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["ops.toml::schema::*"])


def test_a_table_of_pyproject_can_be_the_configuration(gate_project: GateProject) -> None:
    (gate_project.path / "dbops.toml").unlink()
    gate_project.write(
        "pyproject.toml",
        '[tool.dbops.project]\nchecks = ["checks"]\n[tool.dbops.env.staging]\nurl = "sqlite:///staging.sqlite3"\n',
    )
    result = gate_project.run("--dbops-env=staging", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["pyproject.toml::schema::*"])


def test_a_hook_of_conftest_adds_checks(gate_project: GateProject) -> None:
    gate_project.write(
        "conftest.py",
        "from pytest_dbops import Severity, check\n"
        "@check('XYZ001', severity=Severity.ERROR, category='storage')\n"
        "def database_on_a_floppy(environment):\n"
        "    '''A database lies on a floppy disk.'''\n"
        "    return ()\n"
        "def pytest_dbops_checks(config):\n"
        "    return [database_on_a_floppy]\n",
    )
    result = gate_project.run("--dbops-env=staging", "dbops.toml::storage::database_on_a_floppy")
    result.assert_outcomes(passed=1)
