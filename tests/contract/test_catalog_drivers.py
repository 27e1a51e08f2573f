"""The PostgreSQL catalog can be read through any driver, also in the middle of somebody's transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import psycopg.rows
import pytest

from pytest_dbops.backends.postgresql.catalog import read_catalog
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.scratch import ScratchServer
from tests.contract.catalog_cases import FOLDER
from tests.fix_postgres import ScratchDatabase

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE item (id integer PRIMARY KEY, feeling mood, made date DEFAULT '2024-02-01', note text COLLATE "C");
CREATE INDEX item_note_idx ON item (lower(note)) WHERE feeling = 'glad';
CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n * 2';
GRANT SELECT ON item TO PUBLIC;
ALTER TABLE item ALTER note SET STATISTICS 7;
"""


class Asking:
    """A connection as the reader wants it, whatever its own way of asking."""

    def __init__(self, ask: Callable[[str], Any]) -> None:
        self.query = ask


@pytest.fixture
def database(postgres_database: ScratchDatabase) -> ScratchDatabase:
    with closing(psycopg.connect(postgres_database.url, autocommit=True)) as connection:
        connection.execute(SCHEMA.encode())
    return postgres_database


@pytest.fixture
def catalog(database: ScratchDatabase) -> Catalog:
    with closing(psycopg.connect(database.url)) as connection:
        return read_catalog(Asking(lambda sql: connection.execute(sql.encode()).fetchall()))


def test_rows_may_be_mappings(database: ScratchDatabase, catalog: Catalog) -> None:
    with closing(psycopg.connect(database.url, row_factory=psycopg.rows.dict_row)) as connection:
        assert read_catalog(Asking(lambda sql: connection.execute(sql.encode()).fetchall())) == catalog


def test_psycopg2_reads_the_same(database: ScratchDatabase, catalog: Catalog) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    with closing(psycopg2.connect(database.url)) as connection, connection.cursor() as cursor:

        def ask(sql: str) -> Any:
            cursor.execute(sql)
            return cursor.fetchall()

        assert read_catalog(Asking(ask)) == catalog


def test_asyncpg_reads_the_same(database: ScratchDatabase, catalog: Catalog) -> None:
    asyncpg = pytest.importorskip("asyncpg")
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(database.url))
        transaction = connection.transaction()
        runner.run(transaction.start())
        found = read_catalog(Asking(lambda sql: runner.run(connection.fetch(sql))))
        runner.run(transaction.rollback())
        runner.run(connection.close())
    assert found == catalog


def test_sqlalchemy_reads_the_same(database: ScratchDatabase, catalog: Catalog) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database.url))
    with engine.connect() as connection:
        assert read_catalog(Asking(lambda sql: connection.execute(sqlalchemy.text(sql)).fetchall())) == catalog
        assert read_catalog(Asking(lambda sql: connection.exec_driver_sql(sql).fetchall())) == catalog
    engine.dispose()


@pytest.fixture
def settled(database: ScratchDatabase) -> Iterator[psycopg.Connection]:
    """A connection in a transaction that has chosen its own settings."""
    with closing(psycopg.connect(database.url)) as connection:
        connection.execute("SET search_path = public, pg_catalog")
        connection.execute("SET LOCAL timezone = 'Asia/Tokyo'")
        connection.execute("SET LOCAL datestyle = 'German'")
        yield connection


def test_settings_of_the_transaction_are_put_back(settled: psycopg.Connection, catalog: Catalog) -> None:
    found = read_catalog(Asking(lambda sql: settled.execute(sql.encode()).fetchall()))
    shown = [settled.execute(f"SHOW {name}".encode()).fetchone() for name in ("search_path", "timezone", "datestyle")]
    assert shown == [("public, pg_catalog",), ("Asia/Tokyo",), ("German, DMY",)]
    assert found.fingerprint == catalog.fingerprint


def test_what_the_transaction_did_so_far_is_seen(settled: psycopg.Connection, catalog: Catalog) -> None:
    settled.execute("CREATE TABLE late (id integer)")
    found = read_catalog(Asking(lambda sql: settled.execute(sql.encode()).fetchall()))
    assert found.has_table("public", "late")
    settled.commit()
    assert settled.execute("SHOW search_path").fetchone() == ("public, pg_catalog",)


def test_connection_that_commits_each_statement_cannot_be_read(database: ScratchDatabase) -> None:
    with (
        closing(psycopg.connect(database.url, autocommit=True)) as connection,
        pytest.raises(CannotJudge, match="inside one transaction"),
    ):
        read_catalog(Asking(lambda sql: connection.execute(sql.encode()).fetchall()))


def test_role_without_any_right_reads_the_same(database: ScratchDatabase, catalog: Catalog) -> None:
    with closing(psycopg.connect(database.superuser_url)) as connection:
        connection.execute("CREATE ROLE catalog_nobody")
        connection.execute("SET ROLE catalog_nobody")
        assert read_catalog(Asking(lambda sql: connection.execute(sql.encode()).fetchall())) == catalog


def test_role_without_any_right_reads_every_kind(start_postgres: Callable[[int | None], ScratchServer]) -> None:
    schema = (FOLDER / "postgresql_schema.sql").read_text()
    with closing(psycopg.connect(start_postgres(None).admin_url)) as connection:
        connection.execute("CREATE ROLE catalog_owner; CREATE ROLE catalog_reader; CREATE ROLE catalog_nobody")
        connection.execute(schema.encode())
        everything = read_catalog(Asking(lambda sql: connection.execute(sql.encode()).fetchall()))
        connection.execute("SET ROLE catalog_nobody")
        assert read_catalog(Asking(lambda sql: connection.execute(sql.encode()).fetchall())) == everything
        connection.rollback()
