"""What `dbops config validate` says, without a connection and without a variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_dbops.config.load import load_config
from pytest_dbops.config.validate import raise_problems, validate
from pytest_dbops.core.errors import ConfigError
from tests.unit.config.conftest import TODAY, ProjectFolder

ROOT = Path(__file__).parents[3]


def test_paths_that_are_not_there_are_problems(project: ProjectFolder) -> None:
    (project.root / "checks").mkdir()
    (project.root / "logs").touch()
    text = """
        [project]
        migrations = "migrations"
        checks = ["checks", "more"]
        seeders = "seeds"
        baseline = "old.sql"
        [gate]
        baseline = "known.json"
        [logging]
        dir = "logs"
    """

    assert validate(project.load(text)) == (
        f"dbops.toml:3: project.migrations names 'migrations', which is not there (under {project.root})",
        f"dbops.toml:5: project.seeders names 'seeds', which is not there (under {project.root})",
        f"dbops.toml:4: project.checks names 'more', which is not there (under {project.root})",
        f"dbops.toml:6: project.baseline names 'old.sql', which is not there (under {project.root})",
        f"dbops.toml:8: gate.baseline names 'known.json', which is not there (under {project.root})",
        "dbops.toml:10: logging.dir is the file 'logs'; a folder is needed",
    )


def test_guarded_environment_without_a_url_is_a_problem(project: ProjectFolder) -> None:
    config = project.load("[env.production]\n", {"DBOPS_ENV": "prod"})

    assert validate(config) == (
        "variable DBOPS_ENV: there is no environment 'prod'; there are development, testing, production",
        'dbops.toml:1: env.production has no url (add: url = "env:PRODUCTION_DATABASE_URL")',
    )


def test_first_problem_is_raised_with_the_number_of_others(project: ProjectFolder) -> None:
    config = project.load("[env.production]\n[env.staging]\n")

    with pytest.raises(
        ConfigError, match=r"^dbops\.toml:1: env\.production has no url .* \(and 1 more: dbops config validate\)$"
    ):
        raise_problems(config)


def test_references_are_not_followed(project: ProjectFolder) -> None:
    text = '[env.staging]\nurl = "env:UNSET"\n[env.production]\nurl = "cmd:touch ran"\n'

    assert validate(project.load(text)) == ()
    assert not (project.root / "ran").exists()


def test_example_of_the_repository_loads() -> None:
    config = load_config(ROOT / "dbops.toml", variables={}, env_file=Path("/dev/null"), today=TODAY)

    assert {name: e.url_reference for name, e in config.environments.items()} == {
        "development": "embedded:sqlite",
        "testing": "embedded:postgresql",
        "staging": "env:STAGING_DATABASE_URL",
        "production": "env:PRODUCTION_DATABASE_URL",
    }
    assert config.project.metadata == "accounting.models:metadata"
    assert validate(config) == ()
