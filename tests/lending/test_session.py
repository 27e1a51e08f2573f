"""The session of a test: the application commits and rolls back in it as it likes, and nothing of that stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from pytest_dbops.backends import backend_for
from pytest_dbops.core.environment import Expectation
from pytest_dbops.operations.fixtures.handles import TestDatabase
from tests.fix_targets import PATIENT

TWICE = pytest.mark.parametrize("time", ["first", "again"])
ADD = text("INSERT INTO app_user (display_name, status, row_version) VALUES ('Made', 'active', 1)")
COUNT = text("SELECT count(*) FROM app_user WHERE display_name = 'Made'")
seen: dict[str, object] = {}


@TWICE
def test_what_is_committed_stays_in_its_test(dbops_session: Session, time: str) -> None:
    dbops_session.execute(ADD)
    dbops_session.commit()
    dbops_session.execute(ADD)
    dbops_session.commit()
    assert dbops_session.scalar(COUNT) == 2


@TWICE
def test_what_is_rolled_back_leaves_what_was_committed(dbops_session: Session, time: str) -> None:
    dbops_session.execute(ADD)
    dbops_session.commit()
    dbops_session.execute(ADD)
    dbops_session.rollback()
    assert dbops_session.scalar(COUNT) == 1


@TWICE
def test_a_failed_statement_is_rolled_back_and_the_session_goes_on(dbops_session: Session, time: str) -> None:
    with pytest.raises(Exception, match="nowhere"):
        dbops_session.execute(text("SELECT * FROM nowhere"))
    dbops_session.rollback()
    dbops_session.execute(ADD)
    dbops_session.commit()
    assert dbops_session.scalar(COUNT) == 1


@pytest.mark.parametrize("time", range(3))
def test_keys_are_the_same_in_every_test(dbops_session: Session, time: int) -> None:
    dbops_session.execute(ADD)
    key = dbops_session.scalar(text("SELECT max(id) FROM app_user"))
    assert seen.setdefault(f"key on {dbops_session.get_bind().dialect.name}", key) == key


@pytest.mark.parametrize("time", range(2))
def test_what_escapes_the_outer_transaction_is_put_back(
    dbops_session: Session, dbops_connection: Connection, time: int
) -> None:
    assert dbops_session.scalar(COUNT) == 0
    dbops_session.execute(ADD)
    dbops_session.commit()
    dbops_connection.commit()


@pytest.mark.parametrize("time", range(2))
def test_a_commit_below_sqlalchemy_is_put_back(dbops_session: Session, dbops_connection: Connection, time: int) -> None:
    assert dbops_session.scalar(COUNT) == 0
    dbops_session.execute(ADD)
    dbops_session.commit()
    driver = dbops_connection.connection.dbapi_connection
    assert driver is not None
    driver.commit()


@pytest.mark.parametrize("time", range(2))
def test_a_connection_that_the_test_closes_is_opened_again(dbops_connection: Connection, time: int) -> None:
    assert dbops_connection.scalar(COUNT) == 0
    dbops_connection.execute(ADD)
    dbops_connection.close()


@pytest.mark.parametrize("time", range(2))
def test_session_and_engine_are_of_one_database(dbops_engine: Engine, dbops_connection: Connection, time: int) -> None:
    with dbops_engine.begin() as other:
        other.execute(ADD)
    assert dbops_connection.scalar(COUNT) == 1


@pytest.mark.parametrize("time", range(3))
def test_an_engine_outlives_the_replacement_of_its_database(dbops_engine: Engine, time: int) -> None:
    with dbops_engine.begin() as connection:
        connection.execute(text("CREATE TABLE made (id integer)"))
        connection.execute(ADD)
    with dbops_engine.connect() as connection:
        assert connection.scalar(COUNT) == 1


@pytest.mark.parametrize("time", range(2))
def test_what_is_set_on_a_pooled_connection_is_reset(dbops_engine: Engine, time: int) -> None:
    if dbops_engine.dialect.name != "postgresql":
        pytest.skip("PostgreSQL only")
    with dbops_engine.connect() as connection:
        assert connection.scalar(text("SHOW work_mem")) != "77MB"
        connection.execute(text("SET work_mem = '77MB'"))
        connection.commit()


@pytest.mark.parametrize("time", range(2))
def test_clones_are_like_the_template_and_apart(
    dbops_clone: Callable[[], TestDatabase],
    dbops_database: TestDatabase,
    look: Callable[[TestDatabase], Mapping[str, str]],
    time: int,
) -> None:
    one, other = dbops_clone(), dbops_clone()
    assert look(one) == look(other) == look(dbops_database)
    assert len({one.url, other.url, dbops_database.url}) == 3
    with one.connect() as connection:
        connection.execute("CREATE TABLE made (id integer)")


def test_a_block_over_a_connection_ends_it(dbops_database: TestDatabase) -> None:
    with dbops_database.connect() as connection:
        connection.execute("CREATE TABLE made (id integer)")
    with dbops_database.connect() as other:
        assert other.execute("SELECT count(*) FROM made").fetchone() == (0,)
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        connection.execute("SELECT 1")


def test_what_the_fixtures_add_is_no_part_of_the_catalog(dbops_database: TestDatabase) -> None:
    backend = backend_for(dbops_database.dialect)
    with backend.open_session(
        dbops_database.admin_url, limits=PATIENT, expect=Expectation(), application="dbops look"
    ) as session:
        catalog = backend.read_catalog(session)
    assert "dbops_fixture" not in repr(catalog)
