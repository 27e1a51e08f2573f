"""SQLite behind the `Backend` port."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pytest_dbops.backends.sqlite import urls, versions
from pytest_dbops.core.environment import Environment, Expectation
from pytest_dbops.core.session import Backend, Capabilities, Limits, Session, Statistics

if TYPE_CHECKING:
    from pytest_dbops.core.access import Roles
    from pytest_dbops.core.catalog import Catalog

CAPABILITIES = Capabilities(
    dialect="sqlite",
    has_roles=False,
    has_row_security=False,
    has_tls=False,
    has_statistics=False,
    has_concurrent_index_builds=False,
    is_file=True,
    minimum_version=versions.OLDEST,
)


class SqliteBackend:
    """SQLite 3.38 and newer, by the library Python was built with; stateless."""

    @property
    def name(self) -> str:
        """`sqlite`."""
        return CAPABILITIES.dialect

    @property
    def capabilities(self) -> Capabilities:
        """What SQLite can do."""
        return CAPABILITIES

    @contextmanager
    def open_session(self, url: str, *, limits: Limits, expect: Expectation, application: str) -> Iterator[Session]:
        """Refuse another file than the declared one, open it for reading, and hold one read transaction."""
        import sqlite3

        from pytest_dbops.backends.sqlite.connect import connect, remove_side_files
        from pytest_dbops.backends.sqlite.handshake import identify, refuse_elsewhere
        from pytest_dbops.backends.sqlite.session import SqliteSession

        versions.require_supported(sqlite3.sqlite_version_info)
        place = urls.place_of(url)
        refuse_elsewhere(place.path, expect)
        opened = connect(place, limits)
        if opened.note:
            logging.getLogger("pytest_dbops.database").warning("%s: %s", place.path, opened.note)
        try:
            with closing(opened.connection):
                identity = identify(opened.connection, place.path, expect)
                session = SqliteSession(
                    opened, identity=identity, path=place.path, limits=limits, capabilities=CAPABILITIES
                )
                with closing(session):
                    yield session
        finally:
            if opened.makes_side_files:
                remove_side_files(place.path)

    def read_catalog(self, session: Session) -> Catalog:
        """Return the schema as an immutable snapshot."""
        from pytest_dbops.backends.sqlite.catalog import read_catalog

        return read_catalog(session)

    def read_statistics(self, session: Session) -> Statistics:
        """Return sizes, activity and settings as one immutable snapshot."""
        from pytest_dbops.backends.sqlite.statistics import read_statistics

        return read_statistics(session)

    def read_roles(self, session: Session) -> Roles:
        """Return the server's roles."""
        from pytest_dbops.core.access import Roles

        return Roles()

    def display_url(self, url: str) -> str:
        """Return `url` with the values of secret parameters masked."""
        return urls.display_url(url)

    def same_database(self, one: str, other: str) -> bool:
        """Tell whether two URLs lead to one file."""
        return urls.same_database(one, other)

    def grant_statements(self, environment: Environment, role: str) -> Sequence[str]:
        """Return nothing: SQLite has no roles; the rights of the file and its folder count."""
        return ()


BACKEND: Backend = SqliteBackend()
