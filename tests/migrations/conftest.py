"""One project a product, with scratch databases made as a walk wants them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.operations.shared import SharedPieces
from pytest_dbops.provisioning.databases import create_database, create_role, drop_database, new_name
from tests.fix_postgres import OWNER
from tests.migrations.project import PRODUCTS, Databases, Project, files_in

MakeProject = Callable[[str], Project]


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> MakeProject:
    """A function that makes an empty project of a product."""

    def make(product: str) -> Project:
        folder = tmp_path_factory.mktemp("project")
        databases = files_in(folder) if product == "sqlite" else _on_server(request.getfixturevalue("scratch_postgres"))
        made = Project(folder / "project", product, databases)
        made.env()
        return made

    return make


@pytest.fixture(scope="session")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> SharedPieces:
    """What is made once for all workers of this test run."""
    base = tmp_path_factory.getbasetemp()
    return SharedPieces(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture(params=PRODUCTS)
def project(request: pytest.FixtureRequest, make_project: MakeProject) -> Project:
    """An empty project of each product."""
    return make_project(request.param)


@pytest.fixture
def postgresql_project(make_project: MakeProject) -> Project:
    """An empty project on PostgreSQL."""
    return make_project("postgresql")


@pytest.fixture
def sqlite_project(make_project: MakeProject) -> Project:
    """An empty project on SQLite."""
    return make_project("sqlite")


def _on_server(server: ScratchServer) -> Databases:
    @contextmanager
    def databases() -> Iterator[str]:
        name = new_name(server)
        with closing(connect_admin(server.admin_url)) as admin:
            create_role(server, admin, OWNER)
            create_database(server, admin, name, owner=OWNER)
            yield server.url(name, role=OWNER)
            drop_database(server, admin, name)

    return databases
