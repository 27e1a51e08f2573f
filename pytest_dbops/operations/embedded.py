"""The databases the tool makes itself: development as a SQLite file, testing on a scratch PostgreSQL.

Both are the tool's own. They are migrated and filled on first use, and built anew when the project's migrations,
seeders or models have changed; whoever keeps data of their own gives the environment a url.
"""

from __future__ import annotations

from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import embedded_path
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.operations.build import Progress
from pytest_dbops.operations.build_orders import build_order
from pytest_dbops.operations.embedded_postgresql import (
    drop_embedded,
    postgresql_url,
    safe_scratch_request,
    scratch_place,
)
from pytest_dbops.operations.embedded_sqlite import sqlite_url
from pytest_dbops.operations.runs import Run

__all__ = [
    "drop_embedded",
    "embedded_url",
    "refuse_empty",
    "safe_scratch_request",
    "scratch_place",
]


def embedded_url(config: Config, environment: Environment, run: Run, *, progress: Progress) -> str:
    """Return the URL of an embedded environment's database, built first where that is needed.

    Raises ConfigError or CannotJudge, one line, when it cannot be built; a build that failed in one process of a
    run is not tried again by the others.
    """
    order, file = build_order(config, environment), embedded_path(config, environment)
    if environment.dialect == "sqlite":
        return sqlite_url(file, order, run, progress)
    return postgresql_url(config, environment, order, run, progress, record=file.with_suffix(".json"))


def refuse_empty(config: Config, environment: Environment) -> None:
    """Raise ConfigError for an embedded environment that nothing is put into: a gate on it would be green in vain."""
    order = build_order(config, environment)
    if not (order.migrations or order.baseline or order.seeders):
        raise ConfigError(
            f"environment {environment.name!r} is embedded, and there is nothing to build it from (add to [project]:"
            ' migrations = "migrations", or give the environment a url)'
        )
