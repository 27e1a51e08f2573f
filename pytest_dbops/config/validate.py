"""What can be said against a configuration without connecting anywhere or resolving a reference."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.config.encryption import refuse_unfit_key
from pytest_dbops.config.model import Config
from pytest_dbops.core.errors import ConfigError


def validate(config: Config) -> tuple[str, ...]:
    """Return one line for each problem of a configuration that loads; empty when there is none.

    Judged are paths, what guarded environments lack, and the environment that was chosen. Whether metadata
    and seeders import is judged where they are imported.
    """
    return tuple(_problems(config))


def _problems(config: Config) -> Iterator[str]:
    if config.environment not in config.environments:
        origin = config.origins["environment"]
        yield f"{origin}: there is no environment {config.environment!r}; there are {', '.join(config.environments)}"
    for environment in config.environments.values():
        if not environment.url_reference:
            place = config.origins.get(f"env.{environment.name}", config.file.name)
            example = f'url = "env:{environment.name.upper()}_DATABASE_URL"'
            yield f"{place}: env.{environment.name} has no url (add: {example})"
        try:
            if warning := refuse_unfit_key(config, environment):
                yield f"env.{environment.name}: {warning}"
        except ConfigError as err:
            yield str(err)
    for key, written in _paths(config):
        if not config.path(written).exists():
            origin = config.origins.get(key, config.file.name)
            yield f"{origin}: {key} names {written!r}, which is not there (under {config.root})"
    if config.logging.dir and config.path(config.logging.dir).is_file():
        yield f"{config.origins['logging.dir']}: logging.dir is the file {config.logging.dir!r}; a folder is needed"


def _paths(config: Config) -> Iterator[tuple[str, str]]:
    project = config.project
    for key, written in (("migrations", project.migrations), ("seeders", project.seeders)):
        if written:
            yield f"project.{key}", written
    yield from (("project.checks", written) for written in project.checks)
    if project.baseline and ":" not in project.baseline:
        yield "project.baseline", project.baseline
    if config.gate.baseline:
        yield "gate.baseline", config.gate.baseline
    yield from (("scratch.bindirs", written) for written in config.scratch.bindirs)


def raise_problems(config: Config) -> None:
    """Raise ConfigError with the first problem, and how many more there are; for commands that cannot go on."""
    problems = validate(config)
    if problems:
        more = f" (and {len(problems) - 1} more: dbops config validate)" if len(problems) > 1 else ""
        raise ConfigError(f"{problems[0]}{more}")
