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
    from pytest_dbops.core.seeded import SeededOrganization
    from pytest_dbops.operations.build import BuildOrder
    from pytest_dbops.operations.fixtures.handles import TestDatabase
    from pytest_dbops.operations.fixtures.queries import QueryLog
    from pytest_dbops.plugin.lending import Lent, Template


@pytest.fixture(scope="session")
def dbops_env(request: FixtureRequest) -> Environment:
    """The environment whose product tests run on: --dbops-env, DBOPS_ENV, else `testing`.

    Its own database is not used: tests have throw-away ones. Override it for another product.
    """
    from pytest_dbops.plugin.garbage import no_garbage_expected

    with no_garbage_expected():
        if "dbops_template" in request.fixturenames:
            from pytest_dbops.plugin.ahead import begin_ahead

            begin_ahead(request.config)
        from pytest_dbops.plugin.lending import lender_of, told_in_one_line

        with told_in_one_line():
            return lender_of(request.config).source().environment


@pytest.fixture(scope="session")
def dbops_build(request: FixtureRequest, dbops_env: Environment) -> BuildOrder:
    """What test databases are made of: migrations, models and seeders as dbops.toml names them; override to change.

    `return dataclasses.replace(dbops_build, metadata="shop.models:Base.metadata")`
    """
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    with told_in_one_line():
        return lender_of(request.config).source(dbops_env.name).order


@pytest.fixture(scope="session")
def dbops_template(request: FixtureRequest, dbops_env: Environment, dbops_build: BuildOrder) -> Template:
    """The database all test databases are clones of: built once, kept until what it is made of changes."""
    from dataclasses import replace

    from pytest_dbops.plugin.ahead import HEAD_START
    from pytest_dbops.plugin.garbage import no_garbage_expected
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    lender = lender_of(request.config)
    with no_garbage_expected(), told_in_one_line():
        source = replace(lender.source(dbops_env.name), order=dbops_build)
        return lender.template(source, request.config.stash.get(HEAD_START, None))


@pytest.fixture(scope="session")
def dbops_server(dbops_template: Template) -> Any:
    """The throw-away server of this run that holds the template; all xdist workers share it."""
    return dbops_template.server


@pytest.fixture(scope="session")
def _dbops_lent(request: FixtureRequest, dbops_template: Template) -> Lent:
    """What this process lends of the template to test after test."""
    from pytest_dbops.plugin.garbage import no_garbage_expected
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    with no_garbage_expected(), told_in_one_line():
        return lender_of(request.config).of(dbops_template)


@pytest.fixture(scope="session")
def dbops_database(_dbops_lent: Lent) -> TestDatabase:
    """A database that a test may commit to, from any connection of any driver; see its `url` and `connect()`.

    After each test it is put back and proven to be as before, or replaced by a new one of the same URL.
    """
    return _dbops_lent.database


@pytest.fixture(scope="session")
def dbops_engine(_dbops_lent: Lent, dbops_database: TestDatabase) -> Engine:
    """A SQLAlchemy engine on `dbops_database`; a test may commit through it. Override it for options of your own."""
    return _dbops_lent.engine()


@pytest.fixture
def dbops_connection(_dbops_lent: Lent, dbops_engine: Engine) -> Iterator[Connection]:
    """A SQLAlchemy connection of `dbops_engine`, in a transaction that is rolled back after the test."""
    connection = _dbops_lent.begin(dbops_engine)
    yield connection
    _dbops_lent.end()


@pytest.fixture
def dbops_session(_dbops_lent: Lent, dbops_connection: Connection) -> Iterator[Session]:
    """A SQLAlchemy session on `dbops_connection`: what the application commits or rolls back are savepoints."""
    session = _dbops_lent.session(dbops_connection)
    yield session
    if _dbops_lent.was_kept:
        _dbops_lent.commit_quietly(session)
    session.close()


@pytest.fixture
def dbops_queries() -> Iterator[QueryLog]:
    """The statements a test runs: `count`, `shapes`, `statements`.

    `with dbops_queries.at_most(3): ...` bounds a block; `dbops_queries.assert_scales(work, 5, 10)` fails when
    `work(10)` runs more statements than `work(5)`.
    """
    from pytest_dbops.operations.fixtures.queries import recording

    with recording() as log:
        yield log


@pytest.fixture
def dbops_clone(_dbops_lent: Lent) -> Iterator[Callable[[], TestDatabase]]:
    """A function that makes further databases like `dbops_database`, dropped after the test."""
    from pytest_dbops.plugin.lending import told_in_one_line

    made: list[TestDatabase] = []

    def clone() -> TestDatabase:
        with told_in_one_line():
            made.append(_dbops_lent.place.clone())
        return made[-1]

    yield clone
    for database in made:
        _dbops_lent.place.drop(database)


@pytest.fixture(scope="session")
def seeded_org(_dbops_lent: Lent) -> SeededOrganization:
    """The first organization that the seeders have filled: keys of its users, customers, quotes, invoices, payments.

    Its rows are in `dbops_database`, and so in reach of `dbops_session`.
    """
    from pytest_dbops.plugin.lending import told_in_one_line

    with told_in_one_line():
        return _dbops_lent.organizations()[0]


@pytest.fixture(scope="session")
def _dbops_demo(request: FixtureRequest, dbops_env: Environment, dbops_build: BuildOrder) -> Lent:
    """What this process lends of a template with demo data."""
    from dataclasses import replace

    from pytest_dbops.core.seed_request import SeedRequest
    from pytest_dbops.plugin.lending import lender_of, told_in_one_line

    lender = lender_of(request.config)
    demo = replace(dbops_build, seeding=SeedRequest(size="demo"))
    with told_in_one_line():
        return lender.of(lender.template(replace(lender.source(dbops_env.name), order=demo)))


@pytest.fixture(scope="session")
def seeded_database(_dbops_demo: Lent) -> TestDatabase:
    """A database like `dbops_database` with the seeders' demo data: several organizations, dozens of customers."""
    return _dbops_demo.database


@pytest.fixture(scope="session")
def seeded_orgs(_dbops_demo: Lent) -> tuple[SeededOrganization, ...]:
    """All organizations in `seeded_database`, as `seeded_org` shows one."""
    from pytest_dbops.plugin.lending import told_in_one_line

    with told_in_one_line():
        return _dbops_demo.organizations()


@pytest.fixture
def org_factory(
    request: FixtureRequest, dbops_build: BuildOrder, dbops_session: Session
) -> Callable[..., SeededOrganization]:
    """A function that fills one more organization in `dbops_session`: `org_factory(size="minimal", seed=1)`."""
    from pytest_dbops.operations.fixtures.organizations import fill_organization
    from pytest_dbops.plugin.lending import told_in_one_line

    def make(*, size: str = "minimal", seed: int = 1) -> SeededOrganization:
        with told_in_one_line():
            return fill_organization(dbops_session, dbops_build, size=size, seed=seed)

    return make
