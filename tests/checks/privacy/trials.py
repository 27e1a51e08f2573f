"""Trials of tenants on small databases: what is built is tried, and what comes of it is handed to a check."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql.tenancy.playing import grant_role, make_role
from pytest_dbops.backends.postgresql.tenancy.trial import Trial, try_isolation
from pytest_dbops.core.access import AccessRules
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.session import Limits
from pytest_dbops.core.tenancy import Isolation, TenancyRules, tenant_scope
from pytest_dbops.operations.tenancy.guard_trial import try_guard
from tests.checks.privacy.asked import CHECKS
from tests.fix_postgres import ScratchDatabase

RULES = TenancyRules(column="org_id", setting="app.org_id")
OWN = "org_id = nullif(current_setting('app.org_id', true), '')::bigint"
TABLES: Sequence[str] = (
    "CREATE TABLE customer (org_id bigint NOT NULL, id bigint NOT NULL, name text, PRIMARY KEY (org_id, id))",
    "CREATE TABLE invoice (org_id bigint NOT NULL, id bigint NOT NULL, gross numeric, PRIMARY KEY (org_id, id))",
)
ROWS: Sequence[str] = (
    "INSERT INTO customer VALUES (1, 1, 'One'), (1, 2, 'Two'), (2, 1, 'Other')",
    "INSERT INTO invoice VALUES (1, 1, 10), (2, 1, 20), (2, 2, 30)",
)
POLICIES: Sequence[str] = tuple(
    statement
    for table in ("customer", "invoice")
    for statement in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own ON {table} USING ({OWN}) WITH CHECK ({OWN})",
    )
)


@dataclass(frozen=True, slots=True)
class Shop:
    """An empty database in which trials are made."""

    database: ScratchDatabase

    @property
    def role(self) -> str:
        return f"{self.database.name}_app"

    def build(self, *statements: str) -> None:
        """Make tables as their plain owner; then fill them as superuser, whom no policy binds."""
        for url, texts in ((self.database.url, (*TABLES, *statements)), (self.database.superuser_url, ROWS)):
            with closing(psycopg.connect(url, autocommit=True)) as connection:
                for text in texts:
                    connection.execute(text.encode())

    def run(self, *statements: str) -> None:
        """Run statements as superuser."""
        with closing(psycopg.connect(self.database.superuser_url, autocommit=True)) as connection:
            for text in statements:
                connection.execute(text.encode())

    def trial(self, rules: TenancyRules = RULES, access: AccessRules | None = None) -> Isolation:
        """Try the tenants."""
        url = self.database.superuser_url
        catalog = catalog_of("postgresql", url)
        scope = tenant_scope(catalog, rules)
        rule = access.rule(rules.role) if access else None
        grant_role(url, self.role, catalog, scope, declared=rules.role, rule=rule)
        return try_isolation(Trial(url, catalog, scope, self.role), shown_role="the application")


def make_shop(database: ScratchDatabase) -> Shop:
    """Return a shop whose role exists."""
    shop = Shop(database)
    make_role(database.superuser_url, shop.role)
    return shop


def guarded_trial(file: Path, *statements: str, rules: TenancyRules = RULES) -> Isolation:
    """Build a SQLite file and try its tenants through the guard."""
    with closing(sqlite3.connect(file)) as connection:
        for text in (*TABLES, *ROWS, *statements):
            connection.execute(text)
        connection.commit()
    url = f"sqlite:///{file}"
    catalog = catalog_of("sqlite", url)
    return try_guard(url, catalog, tenant_scope(catalog, rules))


def found(code: str, isolation: Isolation) -> list[str]:
    """Return what a check finds in a trial."""
    return sorted(f"{finding.subject}: {finding.message}" for finding in CHECKS[code].function(isolation=isolation))


def subjects(code: str, isolation: Isolation) -> set[str]:
    """Return what a check finds something of in a trial."""
    return {finding.subject for finding in CHECKS[code].function(isolation=isolation)}


def catalog_of(dialect: str, url: str) -> Catalog:
    backend = backend_for(dialect)
    limits = Limits(connect_timeout_s=10, statement_timeout_s=30, lock_timeout_s=5)
    with backend.open_session(url, limits=limits, expect=Expectation(), application="tests") as session:
        return backend.read_catalog(session)
