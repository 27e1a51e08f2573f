"""`dbops init` adds a gate to an alembic project and changes nothing that is there."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Project

ENV_PY = "from shop.models import Base\n\ntarget_metadata = Base.metadata\n"


@pytest.fixture
def alembic_project(project: Project) -> Project:
    """A project with alembic scripts and no gate yet."""
    (project.path / "dbops.toml").unlink()
    (project.path / "checks/nothing_is_odd.sql").unlink()
    (project.path / "checks").rmdir()
    project.write("alembic.ini", "[alembic]\nscript_location = %(here)s/db/migrations\n")
    project.write("db/migrations/env.py", ENV_PY)
    project.write("db/migrations/script.py.mako", "")
    project.write("db/migrations/versions/.keep", "")
    return project


def test_what_is_found_goes_into_the_configuration(alembic_project: Project) -> None:
    answer = alembic_project.dbops("init")
    assert (answer.code, answer.err) == (0, "")
    text = (alembic_project.path / "dbops.toml").read_text(encoding="utf-8")
    assert 'migrations = "db/migrations"' in text
    assert 'metadata   = "shop.models:Base"' in text
    assert alembic_project.dbops("env", "list").code == 0
    assert "OWN001" in alembic_project.dbops("checks", "list").out


def test_dry_run_writes_nothing(alembic_project: Project) -> None:
    answer = alembic_project.dbops("init", "--dry-run", "--format", "json").json
    assert (answer["is_dry_run"], "dbops.toml" in answer["written"]) == (True, True)
    assert not (alembic_project.path / "dbops.toml").exists()


def test_second_time_nothing_is_overwritten(alembic_project: Project) -> None:
    alembic_project.dbops("init")
    file = alembic_project.write("dbops.toml", "# mine\n")
    answer = alembic_project.dbops("init", "--format", "json").json
    assert (answer["written"], "dbops.toml" in answer["kept"]) == ([], True)
    assert file.read_text(encoding="utf-8") == "# mine\n"


def test_several_script_folders_are_a_question(alembic_project: Project) -> None:
    alembic_project.write("alembic.ini", "")
    alembic_project.write("other/env.py", ENV_PY)
    alembic_project.write("other/script.py.mako", "")
    answer = alembic_project.dbops("init")
    assert (answer.code, answer.out) == (2, "")
    assert "several alembic script folders are there: db/migrations, other" in answer.err


def test_named_metadata_comes_before_what_is_found(alembic_project: Project) -> None:
    answer = alembic_project.dbops("init", "--metadata", "else.where:metadata", "--format", "json").json
    assert answer["metadata"] == "else.where:metadata"


@pytest.mark.parametrize("metadata", ["nope", "a.b", ":metadata", "a b:metadata", ""])
def test_malformed_metadata_is_refused_before_anything_is_written(alembic_project: Project, metadata: str) -> None:
    answer = alembic_project.dbops("init", "--metadata", metadata)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert f"--metadata is {metadata!r}; a module and a name are needed" in answer.err
    assert not (alembic_project.path / "dbops.toml").exists()


def test_configuration_in_pyproject_is_not_doubled(alembic_project: Project) -> None:
    alembic_project.write("pyproject.toml", "[tool.dbops.gate]\nfail_on = 'error'\n")
    answer = alembic_project.dbops("init")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "pyproject.toml holds [tool.dbops] already" in answer.err
    assert not (alembic_project.path / "dbops.toml").exists()


def test_file_in_the_place_of_the_checks_leaves_everything_as_it_was(alembic_project: Project) -> None:
    alembic_project.write("checks", "a file")
    answer = alembic_project.dbops("init")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "'checks' is no folder" in answer.err
    assert not (alembic_project.path / "dbops.toml").exists()


def test_next_step_leads_into_the_project(alembic_project: Project) -> None:
    for name in ("env.py", "script.py.mako"):
        alembic_project.write(f"two parts/migrations/{name}", ENV_PY)
    answer = alembic_project.dbops("init", "two parts")
    assert answer.out.splitlines()[-1] == "next        cd 'two parts' && pytest --dbops-env=development"


def test_what_gitignore_lacks_is_told_and_not_written(alembic_project: Project) -> None:
    ignored = alembic_project.write(".gitignore", "/dbops-reports\n")
    answer = alembic_project.dbops("init")
    assert "ignore      .dbops/ (add to .gitignore, one a line)" in answer.out.splitlines()
    assert ignored.read_text(encoding="utf-8") == "/dbops-reports\n"


def test_nothing_is_told_of_a_gitignore_that_is_complete(alembic_project: Project) -> None:
    alembic_project.write(".gitignore", "dbops-reports/\n.dbops\n")
    assert alembic_project.dbops("init", "--format", "json").json["ignore"] == []
