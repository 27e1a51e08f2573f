"""Each area writes its own file, at the level of the environment, without secrets."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from pytest_dbops.config.logs import AREAS, close_logging, configure_logging, logger_of
from pytest_dbops.core.errors import ConfigError
from tests.unit.config.conftest import ProjectFolder

URL = {"STAGING_DATABASE_URL": "postgresql://gate:Tr0ub4dor@db.example.com/accounting"}
TEXT = '[env.staging]\nurl = "env:STAGING_DATABASE_URL"\n[logging]\ndir = "logs"\n'


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_logging()


def test_each_area_writes_its_own_file(project: ProjectFolder) -> None:
    config = project.load(TEXT, URL)
    configure_logging(config, config.environments["staging"])

    for area in AREAS:
        logger_of(area).info("begin of %s", area)

    close_logging()
    files = {path.name: path.read_text().rpartition(": ")[2] for path in (project.root / "logs").iterdir()}
    assert files == {
        "database-staging.log": "begin of database\n",
        "migrations.log": "begin of migrations\n",
        "seeding.log": "begin of seeding\n",
        "performance.log": "begin of performance\n",
        "compliance.log": "begin of compliance\n",
        "maintenance.log": "begin of maintenance\n",
        "ci_cd.log": "begin of ci_cd\n",
    }


def test_secrets_are_masked_in_text_arguments_and_tracebacks(
    project: ProjectFolder, caplog: pytest.LogCaptureFixture
) -> None:
    config = project.load(TEXT, URL)
    configure_logging(config, config.environments["staging"])
    database = logger_of("database")

    try:
        raise RuntimeError("cannot log in with Tr0ub4dor")
    except RuntimeError:
        database.exception("failed: %s", URL["STAGING_DATABASE_URL"])

    written = (project.root / "logs" / "database-staging.log").read_text()
    assert "Tr0ub4dor" not in written + caplog.text
    assert "cannot log in with ***" in written


def test_level_is_that_of_the_environment(project: ProjectFolder) -> None:
    config = project.load(TEXT, {"LOG_LEVEL": "ERROR"})
    stream = io.StringIO()
    configure_logging(config, config.environments["staging"], stream=stream)

    logger_of("seeding").warning("hidden")
    logger_of("seeding").error("shown")

    assert stream.getvalue().endswith(" ERROR pytest_dbops.seeding: shown\n")
    assert stream.getvalue().count("\n") == 1


def test_second_call_replaces_the_first(project: ProjectFolder) -> None:
    config = project.load(TEXT)
    first, second = io.StringIO(), io.StringIO()

    configure_logging(config, config.environments["staging"], stream=first)
    configure_logging(config, config.environments["staging"], stream=second)
    logger_of("database").info("once")

    assert (first.getvalue(), second.getvalue().count("once")) == ("", 1)


def test_close_leaves_the_loggers_as_they_were(project: ProjectFolder) -> None:
    config = project.load(TEXT)
    configure_logging(config, config.environments["staging"], stream=io.StringIO())

    close_logging()

    states = {(len(logger.handlers), len(logger.filters), logger.level) for logger in map(logger_of, AREAS)}
    assert states == {(0, 0, logging.NOTSET)}


def test_folder_that_cannot_be_made_is_refused(project: ProjectFolder) -> None:
    (project.root / "logs").touch()
    config = project.load(TEXT)

    with pytest.raises(ConfigError, match=r"^cannot make the folder .*logs of \[logging\] dir: File exists$"):
        configure_logging(config, config.environments["staging"])


def test_unknown_area_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="'databases' is no area"):
        logger_of("databases")
