"""On SQLite a table made anew is found, and the time in which all other writers wait is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, Engine, Integer, create_engine

from pytest_dbops.backends.sqlite.observation import SqliteObserver
from pytest_dbops.core.observed import LockMode, Observation
from pytest_dbops.migrating.observing import ObservingHook


class Clock:
    """A clock that goes on only when it is told to."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'books.sqlite3'}")
    with engine.begin() as connection:
        for sql in ("CREATE TABLE customer (id integer PRIMARY KEY, name text)", "CREATE TABLE invoice (id integer)",
                    "INSERT INTO customer VALUES (1, 'made up')"):  # fmt: skip
            connection.exec_driver_sql(sql)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hook(clock: Clock) -> ObservingHook:
    return ObservingHook(SqliteObserver(ignored=frozenset({"alembic_version"}), clock=clock))


def rewritten(observation: Observation) -> list[str]:
    return [rewrite.table for statement in observation.statements for rewrite in statement.rewrites]


def operations(connection: Connection) -> Operations:
    return Operations(MigrationContext.configure(connection))


def test_batch_mode_makes_the_table_anew(engine: Engine, hook: ObservingHook) -> None:
    with hook.attached(engine), engine.begin() as connection:
        hook.begin("5eed00000001")
        with operations(connection).batch_alter_table("customer") as batch:
            batch.alter_column("name", nullable=False)
        connection.commit()
        observation = hook.finish()
    assert rewritten(observation) == ["customer"]
    assert (observation.created, observation.dropped) == ((), ())


def test_column_added_in_place_makes_nothing_anew(engine: Engine, hook: ObservingHook) -> None:
    with hook.attached(engine), engine.begin() as connection:
        hook.begin("5eed00000001")
        operations(connection).add_column("customer", Column("extra", Integer))
        connection.commit()
        observation = hook.finish()
    assert (rewritten(observation), len(observation.statements)) == ([], 1)


def test_writers_wait_from_the_first_write_to_the_commit(engine: Engine, hook: ObservingHook, clock: Clock) -> None:
    with hook.attached(engine), engine.begin() as connection:
        hook.begin("5eed00000001")
        connection.exec_driver_sql("SELECT count(*) FROM customer")
        clock.now_s += 60
        connection.exec_driver_sql("UPDATE customer SET name = 'other'")
        clock.now_s += 2
        connection.exec_driver_sql("CREATE TABLE entry (id integer)")
        clock.now_s += 1
        connection.commit()
        clock.now_s += 60
        observation = hook.finish()
    held = [(lock.mode, lock.relation, lock.held_ms) for one in observation.statements for lock in one.locks]
    assert held == [(LockMode.EXCLUSIVE, "main", 3000)]
    assert observation.created == ("entry",)


def test_failed_statement_is_kept_with_its_reason(engine: Engine, hook: ObservingHook) -> None:
    from sqlalchemy.exc import OperationalError

    with hook.attached(engine), engine.connect() as connection:
        hook.begin("5eed00000001")
        with pytest.raises(OperationalError):
            connection.exec_driver_sql("ALTER TABLE nowhere ADD COLUMN extra integer")
        connection.rollback()
        observation = hook.finish()
    assert [one.reason for one in observation.statements] == ["it failed: no such table: nowhere"]
