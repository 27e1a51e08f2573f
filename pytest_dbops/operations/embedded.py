"""The databases the tool makes itself: development as a SQLite file, testing on a scratch PostgreSQL.

Both are the tool's own. They are migrated and filled on first use, and built anew when the project's migrations,
seeders or models have changed; whoever keeps data of their own gives the environment a url.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import embedded_path
from pytest_dbops.config.secrets import KEY_VARIABLE
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError, DbopsError
from pytest_dbops.operations.build import BuildOrder, Progress
from pytest_dbops.operations.embedded_postgresql import (
    drop_embedded,
    postgresql_url,
    safe_scratch_request,
    scratch_place,
)
from pytest_dbops.operations.embedded_sqlite import sqlite_url
from pytest_dbops.operations.runs import Run

__all__ = [
    "build_order",
    "drop_embedded",
    "embedded_url",
    "refuse_empty",
    "safe_scratch_request",
    "scratch_place",
    "url_variables",
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


def build_order(config: Config, environment: Environment) -> BuildOrder:
    """Return what an embedded database of this environment is made of."""
    project, seeding = config.project, environment.policy.seeding
    if project.seeders and seeding.enabled and not project.metadata:
        raise ConfigError(
            f"[project] seeders {project.seeders!r} need the tables they fill (add to [project]: metadata ="
            ' "yourpackage.models:metadata")'
        )
    seeders = (project.seeders or "") if seeding.enabled else ""
    is_audited = environment.policy.auditing and config.audit.is_asked_for
    return BuildOrder(
        root=config.root,
        migrations=project.migrations or "",
        baseline=project.baseline or "",
        first_revision=project.first_revision or "",
        metadata=project.metadata or "",
        seeders=seeders,
        variables=url_variables(config),
        creates_tables=bool(seeders),  # without a history there is no other way to the tables that they fill
        audit=config.audit if is_audited else None,
        month=f"{datetime.now(UTC):%Y-%m}" if is_audited else "",
        environment=environment.name,
        keys=known_key_ids(config, environment),
    )


def known_key_ids(config: Config, environment: Environment) -> tuple[str, ...]:
    """Return the keys of an environment, by id, purpose and state; none where there are none, or one is unfit.

    What the project's code seals under them is judged by the gate's own checks, which say what is unfit.
    """
    if not config.keys and not config.variables.get(KEY_VARIABLE):
        return ()
    from pytest_dbops.operations.encryption.keyring import project_keyring

    try:
        records = project_keyring(config, environment).records
    except DbopsError:
        return ()
    return tuple(f"{each.id} {each.purpose} {each.state} {each.tenant}".rstrip() for each in records)


def refuse_empty(config: Config, environment: Environment) -> None:
    """Raise ConfigError for an embedded environment that nothing is put into: a gate on it would be green in vain."""
    order = build_order(config, environment)
    if not (order.migrations or order.baseline or order.seeders):
        raise ConfigError(
            f"environment {environment.name!r} is embedded, and there is nothing to build it from (add to [project]:"
            ' migrations = "migrations", or give the environment a url)'
        )


def url_variables(config: Config) -> tuple[str, ...]:
    """Return the names of the variables that hold URLs of servers; the project's code gets none of them."""
    environments = config.environments.values()
    written = [reference for each in environments for reference in (each.url_reference, each.pooler_reference)]
    if config.scratch.url is not None:
        written.append(config.scratch.url.written)
    return tuple(sorted({name.removeprefix("env:") for name in written if name.startswith("env:")}))
