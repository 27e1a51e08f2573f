"""The asynchronous twins of the fixtures, run by pytest-asyncio, or by anyio's plugin where that is not loaded."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

    from pytest_dbops.operations.fixtures.handles import TestDatabase

_F = TypeVar("_F")
# Its entry point is loaded before this; importing it here would load it for those who switched it off.
_fixture = cast("Callable[[_F], _F]", getattr(sys.modules.get("pytest_asyncio"), "fixture", pytest.fixture))


@_fixture
async def dbops_async_engine(dbops_database: TestDatabase) -> AsyncIterator[AsyncEngine]:
    """An asynchronous SQLAlchemy engine on `dbops_database`, of the test's own event loop; a test may commit."""
    from pytest_dbops.operations.fixtures.engines import async_engine
    from pytest_dbops.plugin.lending import told_in_one_line

    with told_in_one_line():
        engine = async_engine(dbops_database)
    yield engine
    await engine.dispose()


@_fixture
async def dbops_async_connection(dbops_async_engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """An asynchronous connection in a transaction that is rolled back after the test."""
    async with dbops_async_engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        if transaction.is_active:
            await transaction.rollback()


@_fixture
async def dbops_async_session(dbops_async_connection: AsyncConnection) -> AsyncIterator[AsyncSession]:
    """An asynchronous session on `dbops_async_connection`: what is committed or rolled back in it are savepoints."""
    from sqlalchemy.ext.asyncio import AsyncSession

    async with AsyncSession(
        bind=dbops_async_connection, join_transaction_mode="create_savepoint", expire_on_commit=False
    ) as session:
        yield session
