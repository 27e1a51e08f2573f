"""One database a major version for a whole module, in which statements are observed through the project's driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.postgresql.observation import PostgresqlObserver
from pytest_dbops.backends.postgresql.observation.watching import SecondSession
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.migrating.observing import ObservingHook
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from tests.fix_postgres import OWNER
from tests.migrations.observation.rehearsing import Rehearsal

MAJORS = (15, 16, 18)
TABLESPACE = "dbops_catalogue"
ACCESS_METHOD = "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler"


@pytest.fixture(scope="module")
def rehearsal(
    request: pytest.FixtureRequest, start_postgres: Callable[[int | None], ScratchServer]
) -> Iterator[Rehearsal]:
    """A database on a server of the major given by indirect parametrisation, else on the cheapest."""
    server = start_postgres(getattr(request, "param", None))
    name = new_name(server)
    with closing(connect_admin(server.admin_url)) as admin:
        create_role(server, admin, OWNER)
        create_database(server, admin, name, owner=OWNER)
        _prepare(server, name)
        url = server.url(name, role=OWNER)
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
        with SecondSession(url) as second:
            yield Rehearsal(url, engine, ObservingHook(PostgresqlObserver(second=second)))
        engine.dispose()
        drop_database(server, admin, name)


def _prepare(server: ScratchServer, name: str) -> None:
    """Make what only a superuser can: a second access method, and a second tablespace for the server."""
    with closing(psycopg.connect(server.url(name), autocommit=True)) as connection:
        connection.execute(ACCESS_METHOD.encode())
        connection.execute(b"SET allow_in_place_tablespaces = on")
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            connection.execute(f"CREATE TABLESPACE {TABLESPACE} LOCATION ''".encode())
        connection.execute(f"GRANT CREATE ON TABLESPACE {TABLESPACE} TO {OWNER}".encode())


@pytest.fixture
def major(rehearsal: Rehearsal) -> int:
    """The major version of the rehearsal's server."""
    with closing(psycopg.connect(rehearsal.url)) as connection:
        return connection.info.server_version // 10000
