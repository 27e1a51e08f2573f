"""The same is observed through every driver a project may bring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from pytest_dbops.core.observed import Observation
from pytest_dbops.migrating.observing import ObservingHook
from tests.migrations.observation.catalogue import ALONE, IN_TRANSACTION, Case
from tests.migrations.observation.rehearsing import SCHEMA, Rehearsal, as_case

CHOSEN = ("add a serial column", "SET NOT NULL", "add a foreign key", "drop a table with all that hangs on it",
          "truncate", "attach a partition", "update all rows", "type of a column that a view reads")  # fmt: skip
IN_ONE = [case for case in IN_TRANSACTION if case.name in CHOSEN]
ALONE_TOO = ("create an index concurrently", "vacuum full", "update all rows by itself")
BY_THEMSELVES = [case for case in ALONE if case.name in ALONE_TOO]

Observe = Callable[[Rehearsal, Case, bool], Observation]


def by_psycopg2(rehearsal: Rehearsal, case: Case, is_autocommit: bool) -> Observation:
    pytest.importorskip("psycopg2", reason="the package psycopg2 is not installed")
    engine = create_engine(rehearsal.url.replace("postgresql://", "postgresql+psycopg2://"), poolclass=NullPool)
    other = Rehearsal(rehearsal.url, engine, rehearsal.hook)
    return other.observe(*case.before, case.statement, is_autocommit=is_autocommit)


def by_asyncpg(rehearsal: Rehearsal, case: Case, is_autocommit: bool) -> Observation:
    pytest.importorskip("asyncpg", reason="the package asyncpg is not installed")
    pytest.importorskip("greenlet", reason="the package greenlet is not installed")
    return asyncio.run(_asynchronous(rehearsal, case, rehearsal.hook, is_autocommit))


async def _asynchronous(rehearsal: Rehearsal, case: Case, hook: ObservingHook, is_autocommit: bool) -> Observation:
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import create_async_engine

    level = {"isolation_level": "AUTOCOMMIT"} if is_autocommit else {}
    engine = create_async_engine(rehearsal.url.replace("postgresql://", "postgresql+asyncpg://"), poolclass=NullPool)
    with hook.attached(engine.sync_engine):
        async with engine.connect() as plain:
            connection = await plain.execution_options(**level)
            await connection.exec_driver_sql(f"SET search_path = {SCHEMA}")
            hook.begin("5eed00000001")
            try:
                for sql in (*case.before, case.statement):
                    await connection.exec_driver_sql(sql)
                await connection.commit()
            except DBAPIError:
                await connection.rollback()
            observation = hook.finish()
    await engine.dispose()
    return observation


@pytest.mark.parametrize("case", IN_ONE, ids=lambda case: case.name)
@pytest.mark.parametrize("observe", [by_psycopg2, by_asyncpg])
def test_driver_shows_the_same_in_a_transaction(rehearsal: Rehearsal, case: Case, observe: Observe) -> None:
    with rehearsal.prepared(case.setup):
        observation = observe(rehearsal, case, False)
    assert as_case(case, observation.statements[-1]).locks == case.locks
    assert as_case(case, observation.statements[-1]).scanned == case.scanned


@pytest.mark.parametrize("case", BY_THEMSELVES, ids=lambda case: case.name)
@pytest.mark.parametrize("observe", [by_psycopg2, by_asyncpg])
def test_driver_shows_the_same_outside_a_transaction(rehearsal: Rehearsal, case: Case, observe: Observe) -> None:
    with rehearsal.prepared(case.setup):
        observation = observe(rehearsal, case, True)
    assert as_case(case, observation.statements[-1]) == case
