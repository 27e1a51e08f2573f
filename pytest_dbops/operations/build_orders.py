"""What an embedded database of an environment is made of, as its dbops.toml says; connects nowhere."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_dbops.config.model import Config
from pytest_dbops.config.secrets import KEY_VARIABLE
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import ConfigError, DbopsError
from pytest_dbops.operations.build import BuildOrder


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


def url_variables(config: Config) -> tuple[str, ...]:
    """Return the names of the variables that hold URLs of servers; the project's code gets none of them."""
    environments = config.environments.values()
    written = [reference for each in environments for reference in (each.url_reference, each.pooler_reference)]
    if config.scratch.url is not None:
        written.append(config.scratch.url.written)
    return tuple(sorted({name.removeprefix("env:") for name in written if name.startswith("env:")}))
