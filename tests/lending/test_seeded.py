"""Organizations filled by the reference application's seeders, in reach of a test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from pytest_dbops.core.seeded import SeededOrganization
from pytest_dbops.operations.fixtures.handles import TestDatabase

OPEN = "SELECT count(*) FROM invoice WHERE org_id = :org"


def act_as(session: Session, org: SeededOrganization) -> None:
    """Name the organization, as the application does for row-level security."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT set_config('app.org_id', :org, true)"), {"org": str(org.id)})


@pytest.mark.parametrize("time", range(3))
def test_an_organization_is_there_and_can_be_changed(
    dbops_session: Session, seeded_org: SeededOrganization, time: int
) -> None:
    act_as(dbops_session, seeded_org)
    assert seeded_org.customers
    assert seeded_org.invoices
    assert dbops_session.scalar(text(OPEN), {"org": seeded_org.id}) == len(seeded_org.invoices)
    dbops_session.execute(text("UPDATE customer SET name = 'changed', row_version = row_version + 1"))
    dbops_session.commit()
    assert dbops_session.scalar(text("SELECT count(DISTINCT name) FROM customer")) == 1


@pytest.mark.parametrize("time", range(2))
def test_one_more_organization_stays_in_its_test(
    dbops_session: Session,
    seeded_org: SeededOrganization,
    org_factory: Callable[..., SeededOrganization],
    time: int,
) -> None:
    other = org_factory(seed=7)
    assert other.id == seeded_org.id + 1
    act_as(dbops_session, other)
    assert dbops_session.scalar(text(OPEN), {"org": other.id}) == len(other.invoices) > 0


def test_demo_data_lies_in_a_database_of_its_own(request: pytest.FixtureRequest, dbops_database: TestDatabase) -> None:
    if dbops_database.dialect == "postgresql" and request.config.getoption("--faults") != "full":
        pytest.skip("takes seconds to build; the sample is SQLite")
    seeded_database: TestDatabase = request.getfixturevalue("seeded_database")
    seeded_orgs: tuple[SeededOrganization, ...] = request.getfixturevalue("seeded_orgs")
    assert seeded_database.url != dbops_database.url
    assert len(seeded_orgs) == 4
    engine = create_engine(seeded_database.sqlalchemy_url(), poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM organization")) == len(seeded_orgs)
