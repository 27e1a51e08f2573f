"""The fixtures that give other tests their PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest

from tests.fix_postgres import ScratchDatabase


def test_database_is_empty_and_owned_by_a_role_that_is_no_superuser(postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('is_superuser'),"
            " (SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public')"
        ).fetchone()
    assert row == (postgres_database.name, "off", 0)


def test_owner_may_create_tables_in_its_database(postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        connection.execute("CREATE TABLE invoice (id integer PRIMARY KEY)")
        connection.execute("CREATE SCHEMA app")


def test_superuser_url_is_for_the_superuser(postgres_database: ScratchDatabase) -> None:
    with psycopg.connect(postgres_database.superuser_url) as connection:
        row = connection.execute("SELECT current_setting('is_superuser')").fetchone()
    assert row == ("on",)


@pytest.mark.parametrize("postgres_server", [14, 15, 16, 17, 18], indirect=True)
def test_each_major_version_runs_beside_the_others(postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as connection:
        major = connection.info.server_version // 10000
    assert major == postgres_database.server.major
