"""The fixtures of databases; whatever is heavy is imported when a test asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest import FixtureRequest
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from pytest_dbops.core.environment import Environment
    from pytest_dbops.operations.build import BuildOrder
    from pytest_dbops.operations.fixtures.handles import TestDatabase
    from pytest_dbops.plugin.lending import Template


@pytest.fixture(scope="session")
def dbops_env(request: FixtureRequest) -> Environment:
    """The environment whose product tests run on: --dbops-env, DBOPS_ENV, else `testing`; its own database is not used."""
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    with told_in_one_line():
        return lender_of(request.config).source().environment


@pytest.fixture(scope="session")
def dbops_build(request: FixtureRequest) -> BuildOrder:
    """What test databases are made of: migrations, models and seeders as dbops.toml names them; override to change.

    `return dataclasses.replace(dbops_build, metadata="shop.models:Base.metadata")`
    """
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    with told_in_one_line():
        return lender_of(request.config).source().order


@pytest.fixture(scope="session")
def dbops_template(request: FixtureRequest, dbops_build: BuildOrder) -> Template:
    """The database all test databases are clones of: built once, kept until what it is made of changes."""
    from dataclasses import replace

    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    lender = lender_of(request.config)
    with told_in_one_line():
        return lender.template(replace(lender.source(), order=dbops_build))


@pytest.fixture(scope="session")
def dbops_server(dbops_template: Template) -> Any:
    """The throw-away server of this run that holds the template; all xdist workers share it."""
    return dbops_template.server


@pytest.fixture
def dbops_database(request: FixtureRequest, dbops_template: Template) -> Iterator[TestDatabase]:
    """A database for one test, which may commit from any connection of any driver; see its `url` and `connect()`.

    It is put back afterwards, proven to be as before, or replaced.
    """
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    with told_in_one_line():
        lent = lender_of(request.config).of(dbops_template)
    yield lent.database
    with told_in_one_line():
        lent.settle(request.node)


@pytest.fixture
def dbops_engine(request: FixtureRequest, dbops_template: Template, dbops_database: TestDatabase) -> Engine:
    """A SQLAlchemy engine on `dbops_database`; a test may commit through it."""
    from pytest_dbops.plugin.lending import lender_of

    return lender_of(request.config).of(dbops_template).engine()


@pytest.fixture
def dbops_connection(
    request: FixtureRequest, dbops_template: Template, dbops_engine: Engine
) -> Iterator[Connection]:
    """A SQLAlchemy connection of `dbops_engine` in a transaction that is rolled back after the test."""
    from pytest_dbops.plugin.lending import lender_of

    lent = lender_of(request.config).of(dbops_template)
    connection = lent.begin(dbops_engine)
    if connection is not None:
        yield connection
        lent.end()
        return
    with dbops_engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def dbops_session(request: FixtureRequest, dbops_template: Template, dbops_connection: Connection) -> Iterator[Session]:
    """A SQLAlchemy session on `dbops_connection`: what the application commits or rolls back are savepoints."""
    from pytest_dbops.operations.fixtures.engines import made_session
    from pytest_dbops.plugin.lending import lender_of

    session = made_session(dbops_connection)
    yield session
    # The outer transaction first: then the session has no savepoint to go back to, which saves a round trip.
    lender_of(request.config).of(dbops_template).end()
    session.close()


@pytest.fixture
def dbops_clone(request: FixtureRequest, dbops_template: Template) -> Iterator[Callable[[], TestDatabase]]:
    """A function that makes further databases like `dbops_database`, dropped after the test."""
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    place = lender_of(request.config).of(dbops_template).place
    made: list[TestDatabase] = []

    def clone() -> TestDatabase:
        with told_in_one_line():
            made.append(place.clone())
        return made[-1]

    yield clone
    for database in made:
        place.drop(database)
