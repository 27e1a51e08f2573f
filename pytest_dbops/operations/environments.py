"""What can be said of environments without judging them: the list, a ping, the grants a gate's role needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from statistics import median

from pytest_dbops.backends import backend_for
from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment, resolve_url, use_environment
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Limits, Session
from pytest_dbops.operations.build import Progress
from pytest_dbops.operations.embedded import drop_embedded, embedded_url
from pytest_dbops.operations.runs import Run

APPLICATION = "dbops"
_PINGS = 5


@frozen
class EnvironmentRow:
    """One line of the list of environments; `url` is the reference as written, never what is behind it."""

    name: str
    kind: str
    dialect: str
    url: str
    require: tuple[str, ...]


@frozen
class Ping:
    """What answered, and the median time of five `SELECT 1`, in milliseconds."""

    environment: str
    display_url: str
    server: str
    host: str
    database: str
    role: str
    marker: str | None
    latency_ms: float


def list_environments(config: Config) -> tuple[EnvironmentRow, ...]:
    """Return all environments, without connecting anywhere."""
    return tuple(
        EnvironmentRow(
            name=environment.name,
            kind=environment.kind.value,
            dialect=environment.dialect,
            url=environment.url_reference,
            require=tuple(sorted(requirement.value for requirement in environment.policy.require)),
        )
        for environment in config.environments.values()
    )


def ping(config: Config, name: str | None, *, progress: Progress, run: Run | None = None) -> Ping:
    """Connect read-only, do the handshake and measure; raises Unreachable or WrongTarget. For `run` see below."""
    with open_environment(config, name, progress=progress, run=run) as (environment, display_url, session):
        identity = session.identity
        return Ping(
            environment=environment.name,
            display_url=display_url,
            server=identity.server,
            host=identity.host,
            database=identity.database,
            role=identity.role,
            marker=identity.marker,
            latency_ms=median(session.round_trip_ms() for _ in range(_PINGS)),
        )


def grant_statements(config: Config, name: str | None, role: str) -> Sequence[str]:
    """Return the statements that make `role` a least-privilege reader for gates; connects nowhere.

    They end without a semicolon; one that starts with `--` is a choice left to the operator. Empty for a product
    that has no roles. Where the URL is not known here, the database is named by what the handshake expects.
    """
    environment = find_environment(config, name)
    with suppress(ConfigError):
        environment = resolve_url(config, environment.name)
    return backend_for(environment.dialect).grant_statements(environment, role)


def present_access(config: Config, name: str | None, *, progress: Progress) -> str:
    """Return the roles and rights of an environment's database as an `[access]` table; empty where it has no roles."""
    with open_environment(config, name, progress=progress) as (environment, _, session):
        backend = backend_for(environment.dialect)
        if not session.capabilities.has_roles:
            return ""
        from pytest_dbops.core.access.present import present_matrix

        own = (session.identity.role,) if not session.identity.is_superuser else ()
        return present_matrix(backend.read_catalog(session), backend.read_roles(session), leave_out=own)


@contextmanager
def open_environment(
    config: Config, name: str | None, *, progress: Progress, run: Run | None = None
) -> Iterator[tuple[Environment, str, Session]]:
    """Open a read-only session on an environment, built first if it is embedded.

    run: owns what has to be started for it, and its owner ends it; without one, all of it ends here.
    """
    environment = use_environment(config, name)
    owner, policy = run or Run(None), environment.policy
    try:
        url = (
            embedded_url(config, environment, owner, progress=progress)
            if environment.url is None
            else environment.url.reveal()
        )
        backend = backend_for(environment.dialect)
        limits = Limits(policy.connect_timeout_s, policy.statement_timeout_s, policy.lock_timeout_s)
        with backend.open_session(url, limits=limits, expect=environment.expect, application=APPLICATION) as session:
            logger_of("database").info("opened %s read-only: %s", environment.name, session.identity.server)
            yield environment, backend.display_url(url), session
    except CannotJudge as err:
        logger_of("database").error("%s cannot be read: %s", environment.name, err)
        raise
    finally:
        if run is None:
            owner.end(lambda owned: drop_embedded(owned, config))
