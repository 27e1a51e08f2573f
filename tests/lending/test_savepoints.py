"""Savepoints of test sessions are not waited for; nobody notices, whatever comes next."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import pq
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import InternalError, OperationalError, PendingRollbackError
from sqlalchemy.orm import Session

from tests.lending.test_session import ADD, COUNT

KEY = text("INSERT INTO alone VALUES (1)")


@pytest.fixture(autouse=True)
def postgresql_only(dbops_engine: Engine) -> None:
    """SQLite has no server to wait for."""
    if dbops_engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL only")


def driver_of(connection: Connection) -> psycopg.Connection[object]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def test_a_transaction_begins_with_its_first_statement(dbops_session: Session, dbops_connection: Connection) -> None:
    assert driver_of(dbops_connection).info.transaction_status == pq.TransactionStatus.IDLE
    dbops_session.connection()
    assert driver_of(dbops_connection).info.transaction_status == pq.TransactionStatus.INTRANS


def test_the_driver_sees_what_the_session_has_done(dbops_session: Session, dbops_connection: Connection) -> None:
    dbops_session.execute(ADD)
    dbops_session.commit()
    with driver_of(dbops_connection).cursor() as cursor:
        assert cursor.execute(str(COUNT).encode()).fetchone() == (1,)
    dbops_session.execute(ADD)
    dbops_session.rollback()
    with driver_of(dbops_connection).pipeline(), driver_of(dbops_connection).cursor() as cursor:
        assert cursor.execute(str(COUNT).encode()).fetchone() == (1,)


def test_what_a_session_has_rolled_back_stands_in_nobodys_way(dbops_session: Session, dbops_engine: Engine) -> None:
    with dbops_engine.begin() as other:
        other.execute(text("CREATE TABLE alone (key integer PRIMARY KEY)"))
    dbops_session.execute(KEY)
    dbops_session.rollback()
    with dbops_engine.begin() as other:
        other.execute(text("SET LOCAL lock_timeout = '5s'"))
        other.execute(KEY)


def test_who_watches_statements_is_told_of_savepoints(dbops_session: Session, dbops_engine: Engine) -> None:
    told: list[str] = []

    def tell(connection: object, cursor: object, statement: str, *rest: object) -> None:
        told.append(statement.split(" sa_")[0])

    event.listen(dbops_engine, "before_cursor_execute", tell)
    try:
        dbops_session.execute(ADD)
        dbops_session.rollback()
        dbops_session.connection()
        dbops_session.commit()
    finally:
        event.remove(dbops_engine, "before_cursor_execute", tell)
    assert [told[0], *told[2:]] == ["SAVEPOINT", "ROLLBACK TO SAVEPOINT", "SAVEPOINT", "RELEASE SAVEPOINT"]


def test_the_log_tells_of_savepoints(dbops_engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "sqlalchemy.engine"), dbops_engine.connect() as connection:
        connection.begin()
        connection.begin_nested().rollback()
    told = [record.message.split(" sa_")[0] for record in caplog.records if "SAVEPOINT" in record.message]
    assert told == ["SAVEPOINT", "ROLLBACK TO SAVEPOINT"]


def test_a_savepoint_that_cannot_be_made_is_an_error_of_sqlalchemy(dbops_connection: Connection) -> None:
    with pytest.raises(Exception, match="nowhere"):
        dbops_connection.execute(text("SELECT * FROM nowhere"))
    with pytest.raises(InternalError, match="current transaction is aborted"):
        dbops_connection.begin_nested()


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_a_savepoint_that_is_gone_is_an_error_at_once(dbops_connection: Connection, end: str) -> None:
    nested = dbops_connection.begin_nested()
    driver_of(dbops_connection).rollback()
    dbops_connection.execute(text("SELECT 1"))
    with pytest.raises(OperationalError, match="does not exist"):
        getattr(nested, end)()


def test_a_savepoint_that_failed_has_to_be_rolled_back_before_the_next(dbops_connection: Connection) -> None:
    nested = dbops_connection.begin_nested()
    driver_of(dbops_connection).rollback()
    with pytest.raises(OperationalError, match="does not exist"):
        nested.commit()
    driver_of(dbops_connection).rollback()
    with pytest.raises(PendingRollbackError):
        dbops_connection.begin_nested()


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ"])
def test_a_transaction_begins_as_it_is_asked_for(dbops_engine: Engine, level: str) -> None:
    with dbops_engine.connect().execution_options(isolation_level=level) as connection, connection.begin_nested():
        assert connection.scalar(text("SHOW transaction_isolation")) == level.lower()


def test_prepared_statements_are_forgotten_with_what_is_rolled_back(dbops_connection: Connection) -> None:
    for columns in ("one integer", "one text, other text"):
        nested = dbops_connection.begin_nested()
        dbops_connection.execute(text(f"CREATE TABLE twice ({columns})"))
        for _ in range(7):
            assert dbops_connection.execute(text("SELECT * FROM twice")).all() == []
        nested.rollback()
