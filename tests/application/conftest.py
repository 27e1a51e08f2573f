"""Databases of the reference application: empty, migrated and seeded; on SQLite and on PostgreSQL.

DBOPS_TEST_POSTGRES_MAJOR chooses the server's major version; without it the cheapest one is taken.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, pool

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


MakeHome = Callable[..., Home]


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
def make_postgres_home(application_server: ScratchServer) -> Iterator[MakeHome]:
    """A function that makes a PostgreSQL database owned by a plain role, empty or copied from another."""
    made: list[str] = []
    with closing(PsycopgAdmin(application_server.admin_url)) as admin:
        create_role(application_server, admin, OWNER)

        def make(template: str | None = None) -> Home:
            name = new_name(application_server)
            create_database(application_server, admin, name, owner=OWNER, template=template or "template0")
            made.append(name)
            return Home(
                "postgresql",
                _driver(application_server.url(name, role=OWNER)),
                _driver(application_server.url(name)),
            )

        yield make
        for name in made:
            drop_database(application_server, admin, name)


@pytest.fixture(scope="session")
def seeded_postgres(make_postgres_home: MakeHome) -> Home:
    """A PostgreSQL database at head with all seeds; tests copy it or roll back."""
    home = make_postgres_home()
    upgrade(home.url)
    seed(home.url)
    return home


@pytest.fixture(params=DIALECTS)
def empty_home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """An empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
        return Home("sqlite", url, url)
    home: Home = request.getfixturevalue("make_postgres_home")()
    return home


@pytest.fixture(params=DIALECTS)
def seeded_home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A seeded database that the test may change."""
    if request.param == "sqlite":
        file = tmp_path / "copy.db"
        shutil.copyfile(request.getfixturevalue("seeded_file"), file)
        return Home("sqlite", f"sqlite:///{file}", f"sqlite:///{file}")
    source: Home = request.getfixturevalue("seeded_postgres")
    home: Home = request.getfixturevalue("make_postgres_home")(create_engine(source.url).url.database)
    return home


@pytest.fixture
def seeded_postgres_copy(make_postgres_home: MakeHome, seeded_postgres: Home) -> Home:
    """A seeded PostgreSQL database that the test may change."""
    return make_postgres_home(create_engine(seeded_postgres.url).url.database)


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def seeded_file_copy(seeded_file: Path, tmp_path: Path) -> Home:
    """A seeded SQLite file that the test may change."""
    file = tmp_path / "sqlite_copy.db"
    shutil.copyfile(seeded_file, file)
    return Home("sqlite", f"sqlite:///{file}", f"sqlite:///{file}")
