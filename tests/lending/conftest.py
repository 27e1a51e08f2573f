"""The reference application's database, lent to tests on both products, and a look at all that could have changed."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.config.resolve import find_environment
from pytest_dbops.core.environment import Environment, Expectation
from pytest_dbops.operations.fixtures.handles import TestDatabase
from pytest_dbops.operations.fixtures.source import find_source
from tests.fix_targets import PATIENT

PRODUCTS = {"postgresql": "testing", "sqlite": "development"}
AROUND = """
SELECT json_build_object(
  'sequences', (SELECT json_agg(json_build_array(schemaname, sequencename, last_value) ORDER BY 1, 2)
                  FROM pg_sequences),
  'settings', (SELECT json_agg(setconfig::text ORDER BY 1) FROM pg_db_role_setting
                WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))),
  'roles', (SELECT json_agg(json_build_array(rolname, rolsuper, rolconnlimit, rolconfig) ORDER BY rolname)
              FROM pg_roles WHERE rolname !~ '^pg_'),
  'locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
  'temporary', (SELECT count(*) FROM pg_class WHERE relpersistence = 't'),
  'database', (SELECT datacl::text FROM pg_database WHERE datname = current_database()),
  'objects', (SELECT count(*) FROM pg_largeobject_metadata)
)::text
"""


@pytest.fixture(scope="session", params=PRODUCTS)
def dbops_env(request: pytest.FixtureRequest) -> Environment:
    """Both products in turn."""
    config = find_source(request.config.rootpath, variables=os.environ).config
    return find_environment(config, PRODUCTS[request.param])


@pytest.fixture(scope="session")
def look() -> Callable[[TestDatabase], Mapping[str, str]]:
    """Return a function that digests catalog, content and surroundings of a database by a way of its own."""
    return digests


def digests(database: TestDatabase) -> Mapping[str, str]:
    """Return digests of the catalog, of every table's rows, and of what lies around them."""
    backend = backend_for(database.dialect)
    with backend.open_session(
        database.admin_url, limits=PATIENT, expect=Expectation(), application="dbops look"
    ) as session:
        found = {"catalog": backend.read_catalog(session).fingerprint}
    rows = _postgresql_rows if database.dialect == "postgresql" else _sqlite_rows
    return found | {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in rows(database).items()}


def _postgresql_rows(database: TestDatabase) -> Mapping[str, str]:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        queries = [f"SELECT '{name}', json_agg(t::text ORDER BY t::text)::text FROM {name} AS t" for (name,) in tables]
        found = dict(connection.execute(" UNION ALL ".join(queries)).fetchall())
        return {name: str(text) for name, text in found.items()} | {
            "around": str(connection.execute(AROUND).fetchone())
        }


def _sqlite_rows(database: TestDatabase) -> Mapping[str, str]:
    with closing(sqlite3.connect(database.url.partition(":///")[2])) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: repr(sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))) for name in tables}
