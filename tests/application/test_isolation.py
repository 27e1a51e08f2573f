"""Tenants are kept apart for every role that is no superuser, the owner included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Connection, create_engine, make_url, pool, text
from sqlalchemy.exc import DBAPIError

from accounting.models import metadata
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.provisioning.databases import create_role
from tests.application.conftest import Home
from tests.fix_postgres import PsycopgAdmin

APP = "accounting_app"
TENANT_TABLES = sorted(name for name, table in metadata.tables.items() if "org_id" in table.c)
SECOND = (
    "INSERT INTO organization (id, slug, legal_name, country_code, base_currency, fiscal_year_start, status)"
    " VALUES (2, 'second', 'Second', 'AT', 'EUR', 1, 'active')"
)


@pytest.fixture
def two_tenants(seeded_postgres_copy: Home, application_server: ScratchServer) -> Home:
    """A database with a second, empty organization, seen by a role that is neither owner nor superuser."""
    with closing(PsycopgAdmin(application_server.admin_url)) as admin:
        create_role(application_server, admin, APP)
    home = seeded_postgres_copy
    with home.superuser_engine().begin() as connection:
        connection.execute(text(SECOND))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP}"))
    database = make_url(home.url).database or ""
    url = application_server.url(database, role=APP).replace("postgresql://", "postgresql+psycopg://", 1)
    return Home("postgresql", url, home.superuser_url)


@contextmanager
def tenant(home: Home, org_id: int | None) -> Iterator[Connection]:
    engine = create_engine(home.url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        if org_id is not None:
            connection.execute(text("SELECT set_config('app.org_id', :org, true)"), {"org": str(org_id)})
        yield connection


def counts(home: Home, org_id: int | None, tables: list[str]) -> dict[str, int]:
    with tenant(home, org_id) as connection:
        return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables}


def test_every_table_with_an_organization_is_forced_and_policied(two_tenants: Home) -> None:
    with two_tenants.superuser_engine().connect() as connection:
        guarded = connection.scalars(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid"
                " WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.polcmd = '*'"
                " AND NOT c.relispartition AND c.relname <> 'encryption_key' ORDER BY 1"
            )
        ).all()
    assert list(guarded) == TENANT_TABLES


def test_a_session_that_names_no_organization_sees_nothing(two_tenants: Home) -> None:
    assert set(counts(two_tenants, None, TENANT_TABLES).values()) == {0}


def test_another_organization_sees_nothing(two_tenants: Home) -> None:
    assert set(counts(two_tenants, 2, TENANT_TABLES).values()) == {0}


def test_its_own_organization_sees_every_table(two_tenants: Home) -> None:
    assert 0 not in counts(two_tenants, 1, TENANT_TABLES).values()


def test_the_owner_is_held_to_it_too(seeded_postgres: Home) -> None:
    assert set(counts(seeded_postgres, None, TENANT_TABLES).values()) == {0}


def test_a_partition_addressed_by_name_hides_its_rows_too(two_tenants: Home) -> None:
    with two_tenants.superuser_engine().connect() as connection:
        partitions = connection.scalars(
            text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_log'::regclass")
        ).all()
    assert len(partitions) == 8
    assert set(counts(two_tenants, 2, list(partitions)).values()) == {0}


def test_a_row_of_another_organization_cannot_be_written(two_tenants: Home) -> None:
    with pytest.raises(DBAPIError, match="row-level security"), tenant(two_tenants, 2) as connection:
        connection.execute(text("INSERT INTO role (org_id, id, name) VALUES (1, 70, 'intruder')"))


def test_rows_of_another_organization_cannot_be_changed_or_removed(two_tenants: Home) -> None:
    with tenant(two_tenants, 2) as connection:
        changed = connection.execute(text("UPDATE product SET name = 'x'")).rowcount
        removed = connection.execute(text("DELETE FROM time_entry")).rowcount
    assert (changed, removed) == (0, 0)


def test_a_reference_into_another_organization_cannot_be_stored(two_tenants: Home) -> None:
    with pytest.raises(DBAPIError, match="foreign key"), tenant(two_tenants, 2) as connection:
        connection.execute(
            text(
                "INSERT INTO project (org_id, id, customer_id, code, name, status, starts_on)"
                " VALUES (2, 70, 1, 'X', 'x', 'planned', '2026-01-01')"
            )
        )


def test_writes_of_the_application_are_audited_though_it_may_not_write_the_log(two_tenants: Home) -> None:
    with two_tenants.superuser_engine().begin() as connection:
        connection.execute(text(f"REVOKE INSERT, UPDATE, DELETE ON audit_log, audit_head FROM {APP}"))
    with tenant(two_tenants, 2) as connection:
        connection.execute(text("INSERT INTO role (org_id, id, name) VALUES (2, 1, 'admin')"))
        told = connection.execute(text("SELECT id, table_name, op FROM audit_log")).all()
    assert [tuple(row) for row in told] == [(1, "role", "INSERT")]


def test_taking_a_policy_away_is_noticed_by_these_tests(two_tenants: Home) -> None:
    with two_tenants.superuser_engine().begin() as connection:
        connection.execute(text("ALTER TABLE invoice DISABLE ROW LEVEL SECURITY"))
    assert counts(two_tenants, 2, ["invoice"]) == {"invoice": 14}
