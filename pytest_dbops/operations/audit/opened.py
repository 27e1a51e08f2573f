"""The trail of one environment: what the rules ask of its schema, what there is, and a connection that may write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pytest_dbops.backends import audit_for, backend_for
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment, resolve_url
from pytest_dbops.core.audit.installed import Installed
from pytest_dbops.core.audit.port import AuditProduct, Writer
from pytest_dbops.core.audit.wanted import Wanted, wanted_of
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, ConfigError, PolicyRefused, UsageError, WrongTarget
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.session import Identity, Limits, Session
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.environments import open_environment

APPLICATION = "dbops audit"


@frozen
class Opened:
    """A trail that is read: the environment with its URL resolved, and the session."""

    environment: Environment
    product: AuditProduct
    session: Session
    installed: Installed
    url: str


def require_rules(config: Config) -> None:
    """Raise ConfigError for a project that audits nothing."""
    if not config.audit.is_asked_for:
        raise ConfigError('[audit] names no tables (add to dbops.toml: [audit] tables = ["invoice*"])')


@contextmanager
def open_trail(config: Config, name: str | None, *, progress: Progress) -> Iterator[Opened]:
    """Open an environment read-only and read what there is of its trail.

    Raises UsageError for an embedded PostgreSQL, whose trail would be gone with it.
    """
    environment = find_environment(config, name)
    if environment.is_embedded and environment.dialect == "postgresql":
        raise UsageError(
            f"environment {environment.name!r} is an embedded PostgreSQL, which is gone with each run, and its trail"
            " with it (give it a url; or let the gate make and judge one:"
            f" [env.{environment.name}] auditing = true)"
        )
    with open_environment(config, environment.name, progress=progress) as (used, _, session):
        product = audit_for(used.dialect)
        _refuse_other_marker(used, session.identity)
        url = _url_of(config, used)
        yield Opened(used, product, session, product.read_installed(session, config.audit), url)


def read_wanted(config: Config, session: Session) -> Wanted:
    """Return what the rules ask of the schema behind a session."""
    return wanted_of(backend_for(session.dialect).read_catalog(session), config.audit)


def finish_interrupted(config: Config, environment: Environment) -> None:
    """Let SQLite roll back what a writer that was killed left in a file, which a session that only reads may not."""
    if environment.dialect != "sqlite":
        return
    from pytest_dbops.backends.sqlite.settle import settle
    from pytest_dbops.backends.sqlite.urls import place_of

    file = place_of(_url_of(config, resolve_url(config, environment.name))).path
    if file.is_file() and file.with_name(f"{file.name}-journal").exists():
        settle(file)


def require_log(opened: Opened) -> None:
    """Raise Blocked where no trail was installed."""
    if not opened.installed.has_log:
        name = opened.environment.name
        raise Blocked(f"{name!r} has no audit trail (run: dbops audit install --env {name})")


def refuse_by_policy(config: Config, name: str | None) -> Environment:
    """Raise PolicyRefused for an environment nothing may be written to; connects nowhere."""
    environment = find_environment(config, name)
    if not environment.policy.may_write:
        raise PolicyRefused(
            f"policy 'may_write': nothing may be written to {environment.name!r} ([env.{environment.name}] may_write ="
            " true)"
        )
    return environment


def refuse_removing(environment: Environment) -> None:
    """Raise PolicyRefused for an environment nothing may be removed from."""
    if not environment.policy.may_destroy:
        raise PolicyRefused(
            f"policy 'may_destroy': nothing may be removed from {environment.name!r} ([env.{environment.name}]"
            " may_destroy = true)"
        )


@contextmanager
def open_writer(opened_environment: Environment, url: str) -> Iterator[Writer]:
    """Connect for writing, within the limits of the environment's policy."""
    policy = opened_environment.policy
    limits = Limits(policy.connect_timeout_s, policy.statement_timeout_s, policy.lock_timeout_s)
    product = audit_for(opened_environment.dialect)
    with product.open_writer(url, limits=limits, application=APPLICATION) as writer:
        yield writer


def refuse_standby(opened: Opened) -> None:
    """Raise Blocked for a database that only replays another's changes."""
    if opened.session.identity.in_recovery:
        raise Blocked(f"{opened.session.identity.host} is a standby, which cannot be written to")


def _refuse_other_marker(environment: Environment, identity: Identity) -> None:
    if identity.marker is not None and identity.marker != environment.name:
        raise WrongTarget(f"the database says of itself that it is {identity.marker!r}, not {environment.name!r}")


def _url_of(config: Config, environment: Environment) -> str:
    if environment.url is not None:
        return environment.url.reveal()
    from pytest_dbops.config.resolve import embedded_path

    return f"sqlite:///{embedded_path(config, environment)}"
