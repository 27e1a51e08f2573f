"""The application keeps its tenants apart, and nobody could take a policy away unnoticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from pytest_dbops.backends.postgresql.tenancy.playing import grant_role, make_role
from pytest_dbops.backends.postgresql.tenancy.trial import Trial, try_isolation
from pytest_dbops.config.load import load_config
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.core.tenancy import Isolation, MutantFate, tenant_scope
from pytest_dbops.operations.tenancy.guard_trial import try_guard
from tests.application.conftest import Home, Lend
from tests.application.history import seed, upgrade
from tests.checks.privacy.trials import catalog_of

ROOT = Path(__file__).parents[2]
CONFIG = load_config(ROOT / "dbops.toml", variables={})
TABLES = 28
PARTITIONS = 8
TWO = SeedRequest(organizations=(1, 2))


@pytest.fixture(scope="module")
def two_organizations(lend_postgres: Lend) -> Iterator[Home]:
    """A database of two seeded organizations."""
    with lend_postgres() as home:
        upgrade(home.url)
        seed(home.url, TWO)
        yield home


def trial(home: Home) -> Isolation:
    url = home.superuser_url.replace("+psycopg", "", 1)
    role = f"{make_url(url).database}_app"
    catalog = catalog_of("postgresql", url)
    scope = tenant_scope(catalog, CONFIG.tenancy)
    make_role(url, role)
    try:
        rule = CONFIG.access.rule(CONFIG.tenancy.role)
        grant_role(url, role, catalog, scope, declared=CONFIG.tenancy.role, rule=rule)
        return try_isolation(Trial(url, catalog, scope, role), shown_role=CONFIG.tenancy.role)
    finally:
        run(home, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def run(home: Home, *statements: str) -> None:
    with closing(psycopg.connect(home.superuser_url.replace("+psycopg", "", 1), autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_every_dropped_and_weakened_policy_is_caught(two_organizations: Home) -> None:
    isolation = trial(two_organizations)
    assert (isolation.leaks, isolation.unproved, isolation.survivors) == ((), (), ())
    assert len(isolation.tried) == TABLES + PARTITIONS
    counted = Counter(mutant.fate for mutant in isolation.mutants)
    assert counted == {MutantFate.CAUGHT: counted.total()}
    assert counted.total() >= 10 * (TABLES + PARTITIONS)


def test_policies_dropped_entirely_are_caught_table_by_table(lend_postgres: Lend, two_organizations: Home) -> None:
    with lend_postgres(make_url(two_organizations.url).database or "") as home:
        run(
            home,
            "DO $$ DECLARE p record; BEGIN FOR p IN SELECT polname, polrelid::regclass AS t FROM pg_policy LOOP"
            " EXECUTE format('DROP POLICY %I ON %s', p.polname, p.t);"
            " EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', p.t); END LOOP; END $$",
        )
        isolation = trial(home)
    assert len({leak.subject for leak in isolation.leaks}) >= TABLES


def test_guard_keeps_the_application_apart_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    upgrade(url)
    seed(url, TWO)
    catalog = catalog_of("sqlite", url)
    isolation = try_guard(url, catalog, tenant_scope(catalog, CONFIG.tenancy))
    assert (isolation.leaks, isolation.unproved, isolation.survivors) == ((), (), ())
    assert (len(isolation.tried), len(isolation.mutants)) == (TABLES, 4 * TABLES)
