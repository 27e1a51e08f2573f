"""Databases of the reference application: empty, migrated and seeded; on SQLite and on PostgreSQL.

DBOPS_TEST_POSTGRES_MAJOR chooses the server's major version; without it the cheapest one is taken.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, pool

from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from tests.application.history import seed, upgrade
from tests.fix_postgres import OWNER, PsycopgAdmin

DIALECTS = ("sqlite", "postgresql")
MAJOR = int(os.environ.get("DBOPS_TEST_POSTGRES_MAJOR", "0")) or None


@dataclass(frozen=True, slots=True)
class Home:
    """Where one test's database lives; `url` is the owner's, `superuser_url` passes row-level security by."""

    dialect: str
    url: str
    superuser_url: str

    def engine(self) -> Engine:
        return create_engine(self.url, poolclass=pool.NullPool)

    def superuser_engine(self) -> Engine:
        return create_engine(self.superuser_url, poolclass=pool.NullPool)


Lend = Callable[..., AbstractContextManager[Home]]


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file at head with all seeds; tests copy it."""
    file = tmp_path_factory.mktemp("accounting") / "seeded.db"
    url = f"sqlite:///{file}"
    upgrade(url)
    seed(url)
    return file


@pytest.fixture(scope="session")
def application_server(start_postgres: Callable[[int | None], ScratchServer]) -> ScratchServer:
    return start_postgres(MAJOR)


@pytest.fixture(scope="session")
def lend_postgres(application_server: ScratchServer) -> Iterator[Lend]:
    """A function that lends a PostgreSQL database owned by a plain role, empty or copied from another."""
    with closing(PsycopgAdmin(application_server.admin_url)) as admin:
        create_role(application_server, admin, OWNER)

        @contextmanager
        def lend(template: str = "template0") -> Iterator[Home]:
            name = new_name(application_server)
            create_database(application_server, admin, name, owner=OWNER, template=template)
            url, superuser_url = (application_server.url(name, role=role) for role in (OWNER, None))
            yield Home("postgresql", on_psycopg(url), on_psycopg(superuser_url))
            drop_database(application_server, admin, name)

        yield lend


@pytest.fixture(scope="session")
def seeded_postgres(lend_postgres: Lend) -> Iterator[Home]:
    """A PostgreSQL database at head with all seeds; tests copy it or roll back."""
    with lend_postgres() as home:
        upgrade(home.url)
        seed(home.url)
        yield home


@pytest.fixture
def seeded_postgres_copy(lend_postgres: Lend, seeded_postgres: Home) -> Iterator[Home]:
    """A seeded PostgreSQL database that the test may change."""
    with lend_postgres(make_url(seeded_postgres.url).database or "") as home:
        yield home


@pytest.fixture
def seeded_file_copy(seeded_file: Path, tmp_path: Path) -> Home:
    """A seeded SQLite file that the test may change."""
    file = tmp_path / "copy.db"
    shutil.copyfile(seeded_file, file)
    return _sqlite(file)


@pytest.fixture
def empty_postgres(lend_postgres: Lend) -> Iterator[Home]:
    """An empty PostgreSQL database."""
    with lend_postgres() as home:
        yield home


@pytest.fixture(params=DIALECTS)
def empty_home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """An empty database."""
    if request.param == "sqlite":
        return _sqlite(tmp_path / "empty.db")
    home: Home = request.getfixturevalue("empty_postgres")
    return home


@pytest.fixture(params=DIALECTS)
def seeded_home(request: pytest.FixtureRequest) -> Home:
    """A seeded database that the test may change."""
    name = "seeded_file_copy" if request.param == "sqlite" else "seeded_postgres_copy"
    home: Home = request.getfixturevalue(name)
    return home


def _sqlite(file: Path) -> Home:
    return Home("sqlite", f"sqlite:///{file}", f"sqlite:///{file}")


def on_psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
