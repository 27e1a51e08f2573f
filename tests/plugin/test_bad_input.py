"""Bad input ends in one line that names the thing and the way out; never a traceback, never a change."""

from __future__ import annotations

import os

import pytest

from tests.fix_project import CONFIG, GateProject

MALFORMED_CODE = "from pytest_dbops import Severity, check\n@check('X1', severity=Severity.ERROR)\ndef f(): ...\n"
OTHER = "-- code: OWN001\n-- severity: error\nSELECT 1 AS id WHERE 1 = 0\n"


def told(gate_project: GateProject, *args: str) -> str:
    """Run a gate that must be refused as usage, and return the one line it says."""
    before = sorted(str(path) for path in gate_project.path.rglob("*") if "__pycache__" not in str(path))
    result = gate_project.run(*(args or ("--dbops-env=staging",)))
    after = sorted(str(path) for path in gate_project.path.rglob("*") if "__pycache__" not in str(path))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert before == after
    lines = [line for line in result.errlines if line.strip()]
    assert len(lines) == 1
    return lines[0]


def test_unknown_environment(gate_project: GateProject) -> None:
    assert "did you mean 'staging'" in told(gate_project, "--dbops-env=stagin")


def test_syntax_error_of_the_configuration(gate_project: GateProject) -> None:
    gate_project.write("dbops.toml", "[project]\nchecks = [\n[env.staging]\n")
    assert told(gate_project).startswith("ERROR: dbops.toml:")


def test_unknown_key_of_the_configuration(gate_project: GateProject) -> None:
    gate_project.write("dbops.toml", CONFIG.replace("checks =", "cheks ="))
    assert "did you mean 'checks'" in told(gate_project)


def test_configuration_that_cannot_be_read(gate_project: GateProject) -> None:
    (gate_project.path / "dbops.toml").write_bytes(b"\xff\xfe\x00 no UTF-8")
    assert "dbops.toml" in told(gate_project)


def test_url_of_an_unsupported_database(gate_project: GateProject) -> None:
    gate_project.write("dbops.toml", CONFIG.replace("sqlite:///staging.sqlite3", "mysql://host.example.com/books"))
    assert "mysql" in told(gate_project)


def test_password_in_the_configuration(gate_project: GateProject) -> None:
    url = "postgresql://app:sesame-open@host.example.com/books"
    gate_project.write("dbops.toml", CONFIG.replace("sqlite:///staging.sqlite3", url))
    line = told(gate_project)
    assert "env:" in line
    assert "sesame" not in line


def test_checks_that_are_not_there(gate_project: GateProject) -> None:
    gate_project.write("dbops.toml", CONFIG.replace('["checks"]', '["cheques"]'))
    assert "cheques" in told(gate_project)


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("odd.py", "def broken(:\n", "odd.py:1"),
        ("odd.py", "\nimport nowhere_installed\n", "odd.py:2: ModuleNotFoundError"),
        ("odd.py", MALFORMED_CODE, "'X1'"),
        ("odd.sql", "SELECT 1\n", "lacks 'code'"),
        ("odd.sql", "-- code: OWN001\n-- sevrity: error\nSELECT 1\n", "did you mean 'severity'"),
        ("odd.sql", "-- code: OWN001\n-- severity: grave\nSELECT 1\n", "'grave'"),
        ("odd.sql", "-- code: OWN001\n-- severity: error\n-- warn_if: many\nSELECT 1\n", "'many'"),
        ("odd.sql", "-- code: OWN001\n-- severity: error\n", "holds no SELECT"),
    ],
)  # fmt: skip
def test_check_that_does_not_load(gate_project: GateProject, name: str, text: str, word: str) -> None:
    gate_project.write(f"checks/{name}", text)
    assert word in told(gate_project)


@pytest.mark.parametrize("suffix", [".py", ".sql"])
def test_check_whose_name_is_no_text(gate_project: GateProject, suffix: str) -> None:
    gate_project.write(f"checks/{os.fsdecode(b'odd-' + bytes([255]))}{suffix}", OTHER)
    assert "is not UTF-8 (rename the file)" in told(gate_project)


def test_code_that_is_used_twice(gate_project: GateProject) -> None:
    gate_project.write("checks/one.sql", OTHER)
    gate_project.write("checks/two.sql", OTHER)
    line = told(gate_project)
    assert "'OWN001' is used twice" in line
    assert "one.sql" in line
    assert "two.sql" in line


def test_code_of_a_shipped_check(gate_project: GateProject) -> None:
    gate_project.write("checks/one.sql", OTHER.replace("OWN001", "SCH003"))
    assert "'SCH003' is used twice" in told(gate_project)


def test_settings_of_a_check_that_does_not_exist(gate_project: GateProject) -> None:
    gate_project.append("dbops.toml", "\n[checks.SCH999]\nenabled = false\n")
    assert "SCH999" in told(gate_project)


def test_unknown_setting_of_a_check(gate_project: GateProject) -> None:
    gate_project.append("dbops.toml", "\n[checks.CON001]\nwarn_mss = 3\n")
    assert "did you mean 'warn_ms'" in told(gate_project)


def test_baseline_that_is_not_there(gate_project: GateProject) -> None:
    assert "nowhere.json" in told(gate_project, "--dbops-env=staging", "--dbops-baseline=nowhere.json")


def test_report_format_that_is_unknown(gate_project: GateProject) -> None:
    assert "yaml" in told(gate_project, "--dbops-env=staging", "--dbops-report=yaml")


def test_severity_that_is_unknown(gate_project: GateProject) -> None:
    assert "grave" in told(gate_project, "--dbops-env=staging", "--dbops-fail-on=grave")


def test_variable_that_is_not_set(gate_project: GateProject) -> None:
    gate_project.write("dbops.toml", CONFIG.replace("sqlite:///staging.sqlite3", "env:NOT_SET_ANYWHERE"))
    assert "NOT_SET_ANYWHERE" in told(gate_project)


def test_variable_that_leads_to_an_unsupported_database(
    gate_project: GateProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKS_URL", "mysql://app:sesame-open@host.example.com/books")
    gate_project.write("dbops.toml", CONFIG.replace("sqlite:///staging.sqlite3", "env:BOOKS_URL"))
    line = told(gate_project)
    assert "mysql" in line
    assert "sesame" not in line


@pytest.mark.parametrize("flag", ["--collect-only", "--setup-plan"])
def test_variable_that_is_not_set_matters_only_when_checks_run(gate_project: GateProject, flag: str) -> None:
    gate_project.write("dbops.toml", CONFIG.replace("sqlite:///staging.sqlite3", "env:NOT_SET_ANYWHERE"))
    assert gate_project.run("--dbops-env=staging", flag).ret == 0


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ('metadata = "nowhere_installed.models:metadata"\nseeders = "seeds"', "nowhere_installed"),
        ('metadata = "app_models:metadata"\nseeders = "seeds"', "broken_seeder.py"),
    ],
)
def test_metadata_or_seeder_that_does_not_import(gate_project: GateProject, key: str, word: str) -> None:
    gate_project.write("app_models.py", "import sqlalchemy\nmetadata = sqlalchemy.MetaData()\n")
    gate_project.write("seeds/broken_seeder.py", "import nowhere_installed_either\n")
    gate_project.write("dbops.toml", f"[project]\n{key}\n")
    result = gate_project.run("--dbops-env=development", "dbops.toml::schema::duplicate_index")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{word}*"])
    assert not (gate_project.path / ".dbops" / "development.sqlite3").exists()
