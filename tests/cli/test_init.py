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
