"""PostgreSQL behind the `Backend` port; importing it loads no driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_dbops.backends.postgresql import urls, versions
from pytest_dbops.core.environment import Environment, Expectation
from pytest_dbops.core.session import Backend, Capabilities, Limits, Session, Statistics

if TYPE_CHECKING:
    from pytest_dbops.core.access import Roles
    from pytest_dbops.core.catalog import Catalog

CAPABILITIES = Capabilities(
    dialect="postgresql",
    has_roles=True,
    has_row_security=True,
    has_tls=True,
    has_statistics=True,
    has_concurrent_index_builds=True,
    is_file=False,
    minimum_version=versions.OLDEST,
)


class PostgresqlBackend:
    """PostgreSQL 14 and newer; stateless."""

    @property
    def name(self) -> str:
        """`postgresql`."""
        return CAPABILITIES.dialect

    @property
    def capabilities(self) -> Capabilities:
        """What PostgreSQL can do."""
        return CAPABILITIES

    @contextmanager
    def open_session(self, url: str, *, limits: Limits, expect: Expectation, application: str) -> Iterator[Session]:
        """Connect, enter the read-only transaction, do the handshake; the session ends with the block."""
        from pytest_dbops.backends.postgresql.connect import connect
        from pytest_dbops.backends.postgresql.handshake import identify
        from pytest_dbops.backends.postgresql.pipeline import Wire
        from pytest_dbops.backends.postgresql.session import PostgresqlSession
        from pytest_dbops.backends.postgresql.transaction import begin, is_pooled
        from pytest_dbops.backends.postgresql.watchdog import Watchdog

        connection = connect(url, timeout_s=limits.connect_timeout_s, application=application)
        with closing(connection), ExitStack() as ending:
            watchdog = Watchdog(connection)
            ending.callback(watchdog.stop)
            wire = Wire(connection, limits.connect_timeout_s, watchdog)
            pooled = is_pooled(wire)
            mark = begin(wire, limits)
            identity = identify(wire, expect, is_pooled=pooled)
            wire = replace(wire, patience_s=limits.statement_timeout_s)
            session = PostgresqlSession(wire, identity=identity, mark=mark, capabilities=CAPABILITIES)
            with closing(session):
                yield session

    def read_catalog(self, session: Session) -> Catalog:
        """Return the schema as an immutable snapshot."""
        from pytest_dbops.backends.postgresql.catalog import read_catalog
        from pytest_dbops.backends.postgresql.session import PostgresqlSession

        # Its statements set formats for one another, which a session of ours allows to this project only.
        if isinstance(session, PostgresqlSession):
            with session.trusted() as reader:
                return read_catalog(reader)
        return read_catalog(session)

    def read_statistics(self, session: Session) -> Statistics:
        """Return sizes, activity and settings as one immutable snapshot."""
        from pytest_dbops.backends.postgresql.statistics import read_statistics

        return read_statistics(session)

    def read_roles(self, session: Session) -> Roles:
        """Return the server's roles."""
        from pytest_dbops.backends.postgresql.roles import read_roles

        return read_roles(session)

    def display_url(self, url: str) -> str:
        """Return `url` without its password and secret parameters."""
        return urls.display_url(url)

    def same_database(self, one: str, other: str) -> bool:
        """Tell whether two URLs lead to one database, as far as their text can tell."""
        return urls.same_database(one, other)

    def grant_statements(self, environment: Environment, role: str) -> Sequence[str]:
        """Return the statements that make `role` a least-privilege reader for gates."""
        from pytest_dbops.backends.postgresql.grants import grant_statements

        return grant_statements(environment, role)


BACKEND: Backend = PostgresqlBackend()
