"""Rows go in, and are read and tried again, through any driver and layer a project may use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, pool, text

from pytest_dbops.backends.postgresql.catalog import read_catalog as read_postgresql
from pytest_dbops.backends.sqlite.catalog.read import read_catalog as read_sqlite
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.migrating.filling import Ground, fill, ground_of
from pytest_dbops.migrating.losses import account, read_contents
from pytest_dbops.migrating.releases import broken_by, record_release
from tests.migrations.filling.places import load_zoo

SCHEMAS = {
    product: [case.sql for case in load_zoo(product) if case.name == name]
    for product, name in (("postgresql", "every plain type"), ("sqlite", "declared types"))
}
ODD = {
    "postgresql": r'CREATE TABLE U&"100\0025" ("a:b" integer PRIMARY KEY, U&"50\0025 :x" varchar(30) NOT NULL)',
    "sqlite": 'CREATE TABLE "100%" ("a:b" INTEGER PRIMARY KEY, "50% :x" VARCHAR(30) NOT NULL)',
}


class _Asking:
    def __init__(self, ground: Ground) -> None:
        self.query = ground.query


def walk(ground: Ground, catalog: Catalog, read: Callable[[_Asking], Catalog]) -> None:
    """Do what a walk over migrations does with one schema."""
    coverage = fill(ground, catalog)
    assert [(table.table, table.reason) for table in coverage.unfilled] == []
    before = read_contents(ground, catalog)
    assert sum(len(table.rows) for table in before.tables.values()) == coverage.rows
    assert account(before, read_contents(ground, catalog), catalog, catalog).is_empty
    assert broken_by(ground, record_release(ground, catalog), catalog) == ()
    assert read(_Asking(ground)) == catalog


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_sqlalchemy_on_postgresql(url_of: Callable[[], str], driver: str) -> None:
    pytest.importorskip(driver)
    engine = create_engine(url_of().replace("postgresql:", f"postgresql+{driver}:"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        postgresql_walk(connection)
        connection.rollback()


def test_asynchronous_sqlalchemy_on_postgresql(url_of: Callable[[], str]) -> None:
    pytest.importorskip("asyncpg")
    import asyncio

    from sqlalchemy.ext.asyncio import create_async_engine

    async def run() -> None:
        engine = create_async_engine(url_of().replace("postgresql:", "postgresql+asyncpg:"), poolclass=pool.NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(postgresql_walk)
            await connection.rollback()

    asyncio.run(run())


def postgresql_walk(connection: Connection) -> None:
    ground = ground_of(connection)
    for statement in (*SCHEMAS["postgresql"], ODD["postgresql"]):
        ground.run(statement)
    walk(ground, read_postgresql(_Asking(ground)), read_postgresql)


def test_sqlalchemy_on_sqlite(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'some.db'}", poolclass=pool.NullPool)
    with engine.connect() as connection:
        ground = ground_of(connection)
        for statement in (*SCHEMAS["sqlite"], ODD["sqlite"]):
            ground.run(statement)
        walk(ground, read_sqlite(_Asking(ground)), read_sqlite)
    engine.dispose()


def test_statements_as_text_clauses(url_of: Callable[[], str]) -> None:
    engine = create_engine(url_of().replace("postgresql:", "postgresql+psycopg:"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        for statement in SCHEMAS["postgresql"]:
            connection.exec_driver_sql(statement)
        ground = Ground(
            lambda sql: connection.execute(text(sql)), lambda sql: connection.execute(text(sql)).fetchall()
        )  # fmt: skip
        walk(ground, read_postgresql(_Asking(ground)), read_postgresql)
        connection.rollback()
