"""A project's migrations, as its configuration names them."""

from __future__ import annotations

from pytest_dbops.config.model import Config
from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.history import History
from pytest_dbops.migrating.history import history_of
from pytest_dbops.migrating.scripts import Scripts, find_scripts
from pytest_dbops.operations.migrations.kept_readings import load_readings


def project_scripts(config: Config) -> Scripts:
    """Return where the project's revisions lie; raises ConfigError when it has none or they cannot be found."""
    if not config.project.migrations:
        raise ConfigError('no migrations are configured (add to [project]: migrations = "migrations")')
    return find_scripts(config.path(config.project.migrations), root=config.root)


def project_history(config: Config) -> History:
    """Return the project's history, read offline."""
    scripts = project_scripts(config)
    load_readings(config.root)
    return history_of(scripts, root=config.root)


def refuse_broken(history: History) -> None:
    """Raise CannotJudge with the first problem for which alembic itself would refuse the history."""
    if history.breaking:
        more = len(history.breaking) - 1
        raise CannotJudge(f"{history.breaking[0]}" + (f" (and {more} more: dbops migrate history)" if more else ""))
