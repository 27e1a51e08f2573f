"""Any driver reaches the database by its URL, and what it commits stays in its test."""

from __future__ import annotations

import asyncio
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from pytest_dbops.operations.fixtures.handles import TestDatabase

MAKE = "INSERT INTO currency (code, minor_units, smallest_amount, name) VALUES ('XQX', 2, 1, 'made')"
COUNT = "SELECT count(*) FROM currency WHERE code = 'XQX'"


def only(database: TestDatabase, dialect: str) -> None:
    if database.dialect != dialect:
        pytest.skip(f"{dialect} only")


@pytest.mark.parametrize("time", range(2))
def test_psycopg2(dbops_database: TestDatabase, time: int) -> None:
    only(dbops_database, "postgresql")
    psycopg2 = pytest.importorskip("psycopg2")
    with closing(psycopg2.connect(dbops_database.url)) as connection, connection.cursor() as cursor:
        cursor.execute(MAKE)
        connection.commit()
        cursor.execute(COUNT)
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("time", range(2))
def test_asyncpg(dbops_database: TestDatabase, time: int) -> None:
    only(dbops_database, "postgresql")
    asyncpg = pytest.importorskip("asyncpg")

    async def work() -> int:
        connection = await asyncpg.connect(dbops_database.url)
        await connection.execute(MAKE)
        found: int = await connection.fetchval(COUNT)
        await connection.close()
        return found

    assert asyncio.run(work()) == 1


@pytest.mark.parametrize("driver", ["", "psycopg2", "pysqlite"])
def test_engines_of_sqlalchemy(request: pytest.FixtureRequest, dbops_database: TestDatabase, driver: str) -> None:
    only(dbops_database, "sqlite" if driver == "pysqlite" else "postgresql")
    engine = create_engine(dbops_database.sqlalchemy_url(driver))
    request.addfinalizer(engine.dispose)
    with engine.begin() as connection:
        connection.execute(text(MAKE))
        assert connection.scalar(text(COUNT)) == 1


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "aiosqlite"])
def test_asynchronous_engines_of_sqlalchemy(dbops_database: TestDatabase, driver: str) -> None:
    only(dbops_database, "sqlite" if driver == "aiosqlite" else "postgresql")

    async def work() -> object:
        engine = create_async_engine(dbops_database.sqlalchemy_url(driver), poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.execute(text(MAKE))
            found: object = await connection.scalar(text(COUNT))
        await engine.dispose()
        return found

    assert asyncio.run(work()) == 1


def test_a_handle_shows_no_url(dbops_database: TestDatabase) -> None:
    assert "//" not in repr(dbops_database)
