"""`dbops config validate` lists every problem of a project and connects nowhere."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Project

METADATA = '\n[project]\nchecks = ["checks"]\nmetadata = "shop.models:metadata"\nseeders = "seeds"\n'


def with_project(project: Project, table: str) -> None:
    """Replace the table [project] of the configuration."""
    text = (project.path / "dbops.toml").read_text(encoding="utf-8")
    project.write("dbops.toml", text.replace('\n[project]\nchecks = ["checks"]\n', table))


def test_sound_project_has_no_problem(project: Project) -> None:
    answer = project.dbops("config", "validate")
    assert (answer.code, answer.out, answer.err) == (0, f"{project.path / 'dbops.toml'}: no problem found\n", "")


def test_every_problem_is_listed_each_in_one_line(project: Project) -> None:
    project.write("checks/first.sql", "-- code: OWN001\nSELECT 1; SELECT 2\n")
    project.write("checks/second.sql", "-- code: bad\nSELECT 1\n")
    project.write("checks/third.py", "import nothing_of_that_name\n")
    project.append('\n[logging]\ndir = "dbops.toml"\n\n[env.production]\nkind = "production"\n')
    answer = project.dbops("config", "validate")
    problems = answer.out.splitlines()
    assert (answer.code, answer.err, len(problems)) == (2, "", 5)
    assert "env.production has no url" in problems[0]
    assert "logging.dir is the file" in problems[1]
    assert "first.sql" in problems[2]
    assert "second.sql" in problems[3]
    assert "third.py:1: ModuleNotFoundError: No module named 'nothing_of_that_name'" in problems[4]


def test_second_statement_of_a_check_is_a_problem(project: Project) -> None:
    project.write("checks/first.sql", "-- code: OWN001\nselect 1; select 2\n")
    answer = project.dbops("config", "validate")
    assert (answer.code, answer.out.count("\n")) == (2, 1)
    assert "first.sql: a second statement follows the semicolon in line 2" in answer.out


def test_folder_without_a_check_is_a_problem(project: Project) -> None:
    (project.path / "checks/nothing_is_odd.sql").unlink()
    answer = project.dbops("config", "validate")
    assert (answer.code, answer.out) == (
        2, "checks: folder 'checks' holds no check (add one, or take it out of [project] checks)\n",
    )  # fmt: skip


def test_python_file_without_a_check_is_a_warning(project: Project) -> None:
    project.write("checks/tools.py", "x = 1\n")
    project.write("checks/_tools.py", "x = 1\n")
    answer = project.dbops("config", "validate")
    warning, *rest = answer.out.splitlines()
    assert (answer.code, answer.err, len(rest)) == (0, "", 1)
    assert warning.startswith("warning: checks/tools.py holds no check: ")
    assert project.dbops("health", "--env", "staging", "--format", "json").json["notes"] == [
        warning.removeprefix("warning: ")
    ]


def test_settings_of_checks_that_no_check_has_are_all_listed(project: Project) -> None:
    project.append(
        "\n[checks.SCH003]\nthreshold = 3\nenabld = false\n\n[checks.SCH999]\nenabled = false\n"
        '\n[checks.CON001]\nwarn_ms = "x"\n'
    )
    problems = project.dbops("config", "validate", "--format", "json").json["problems"]
    assert any("SCH003 has no setting 'enabld' (did you mean 'enabled'?); it has enabled" in p for p in problems)
    assert len(problems) == 4
    assert any("[checks.SCH999] names SCH999, which no check has" in problem for problem in problems)
    assert any("SCH003 has no setting 'threshold'" in problem for problem in problems)
    wanted = "checks.CON001.warn_ms is 'x'; a number, or one with a unit (ms, s, min, h, d), is needed, as in"
    assert any(wanted in problem for problem in problems)


def test_syntax_error_is_the_one_problem_with_its_line(project: Project) -> None:
    project.append("\n[env\n")
    answer = project.dbops("config", "validate")
    assert (answer.code, answer.err, answer.out.count("\n")) == (2, "", 1)
    assert answer.out.startswith("dbops.toml:")


UNIMPORTABLE = [
    ("raise RuntimeError('no\\nway')", "RuntimeError: no way"),
    ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    ("metadata = 3", "is int, not a SQLAlchemy MetaData"),
    ("", "has no attribute 'metadata'"),
    ("import sys; sys.exit(0)", "metadata 'shop.models:metadata' does not import: it calls sys.exit(0)"),
    ("import os; os._exit(7)", "metadata 'shop.models:metadata' ends the process that imports it, with code 7"),
]


@pytest.mark.parametrize(("code", "message"), UNIMPORTABLE, ids=[message for _, message in UNIMPORTABLE])
def test_metadata_that_does_not_import_is_one_line(project: Project, code: str, message: str) -> None:
    with_project(project, METADATA.replace('seeders = "seeds"\n', ""))
    project.write("shop/models.py", code)
    answer = project.dbops("config", "validate")
    assert (answer.code, answer.err, answer.out.count("\n")) == (2, "", 1)
    assert message in answer.out


def test_seeders_that_do_not_import_are_one_line(project: Project) -> None:
    with_project(project, METADATA)
    project.write("shop/models.py", "from sqlalchemy import MetaData\nmetadata = MetaData()\n")
    project.write("seeds/people.py", "1/0\n")
    answer = project.dbops("config", "validate")
    assert (answer.code, answer.out.count("\n")) == (2, 1)
    assert "people.py does not import: ZeroDivisionError: division by zero" in answer.out


def test_project_that_imports_reaches_no_database(project: Project) -> None:
    with_project(project, METADATA.replace('seeders = "seeds"\n', ""))
    before = (project.path / "staging.sqlite3").read_bytes()
    project.write("shop/models.py", CONNECTS)
    answer = project.dbops("config", "validate")
    assert answer.code == 2
    assert "PolicyRefused" in answer.out
    assert (project.path / "staging.sqlite3").read_bytes() == before


CONNECTS = """
from sqlalchemy import MetaData, create_engine, text
metadata = MetaData()
with create_engine("sqlite:///staging.sqlite3").begin() as connection:
    connection.execute(text("DELETE FROM invoice"))
"""


def test_failing_seeder_stops_the_building_of_an_embedded_database_in_one_line(project: Project) -> None:
    with_project(project, METADATA)
    project.write("shop/models.py", "from sqlalchemy import MetaData\nmetadata = MetaData()\n")
    project.write("seeds/people.py", "1/0\n")
    answer = project.dbops("env", "ping", "development")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "people.py does not import: ZeroDivisionError" in answer.err
