"""What is written offline of the application's history is what runs: the SQL of all revisions makes the same schema."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.config.load import load_config
from pytest_dbops.core.catalog import Catalog, diff
from pytest_dbops.core.environment import Expectation
from pytest_dbops.operations.migrations.preview import chosen_revisions, preview_downgrade, preview_upgrade
from tests.application.conftest import Home, Lend
from tests.application.history import ROOT, upgrade
from tests.fix_targets import PATIENT

pytestmark = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not on this machine")


def test_sql_of_all_revisions_makes_the_schema_the_migrations_make(empty_postgres: Home, lend_postgres: Lend) -> None:
    config = load_config(ROOT / "dbops.toml", variables={})
    revisions = chosen_revisions(config, "all")
    forward = preview_upgrade(config, revisions, environment="testing")
    assert forward.problems == ()

    run(empty_postgres, forward.sql)

    with lend_postgres() as migrated:
        upgrade(migrated.url)
        assert diff(catalog(migrated), catalog(empty_postgres)).differences == ()


def test_sql_of_taking_all_back_leaves_nothing(empty_postgres: Home) -> None:
    config = load_config(ROOT / "dbops.toml", variables={})
    upgrade(empty_postgres.url)
    back = preview_downgrade(config, chosen_revisions(config, "all"), environment="testing")
    assert back.problems == ()

    run(empty_postgres, back.sql)

    assert {table.name for table in catalog(empty_postgres).tables} == {"alembic_version"}


def run(home: Home, script: str) -> None:
    """Run a script as people do, statement by statement: CONCURRENTLY allows no transaction around it."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", plain(home)], input=script, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def catalog(home: Home) -> Catalog:
    """Return the schema of a database."""
    backend = backend_for(home.dialect)
    with backend.open_session(plain(home), limits=PATIENT, expect=Expectation(), application="dbops test") as session:
        return backend.read_catalog(session)


def plain(home: Home) -> str:
    """Return the URL as libpq reads it."""
    return home.url.replace("+psycopg", "")
