"""The project's connection as a walk uses it: what goes to the server together, and what a file can do without."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, pool

from pytest_dbops.backends.postgresql.catalog import RepeatedReader, read_catalog
from pytest_dbops.backends.sqlite.catalog import RepeatedReader as SqliteReader
from pytest_dbops.core.walk import Rows
from pytest_dbops.migrating.filling import Vocabulary
from pytest_dbops.migrating.walking.connection import WalkConnection
from pytest_dbops.migrating.walking.rows import RowKeeper
from tests.migrations.filling.test_drivers import ODD, SCHEMAS, walk

LAST_SENT = "SELECT query FROM pg_stat_activity WHERE pid = %s"


def test_what_a_walk_sends_together_ends_as_if_sent_one_by_one(url_of: Callable[[], str]) -> None:
    with _engine(url_of()).connect() as connection:
        seen = _of_walk(connection)
        for statement in (*SCHEMAS["postgresql"], ODD["postgresql"]):
            seen.run(statement)
        # What it reads in the end is read one by one, and is the same.
        walk(seen.ground(), RepeatedReader().read(seen), read_catalog)
        connection.rollback()


def test_an_attempt_is_one_round_trip_and_none_of_it_stays_when_one_statement_is_refused(
    url_of: Callable[[], str],
) -> None:
    url = url_of()
    with _engine(url).connect() as connection, closing(psycopg.connect(url, autocommit=True)) as other:
        seen = _of_walk(connection)
        ground = seen.ground()
        ground.run("CREATE TABLE seen (id integer PRIMARY KEY)")
        (pid,) = ground.query("SELECT pg_backend_pid()")[0]

        taken = ground.attempt("INSERT INTO seen VALUES (1)", "INSERT INTO seen VALUES (2)")
        sent = other.execute(LAST_SENT, [pid]).fetchall()
        refused = ground.attempt("INSERT INTO seen VALUES (3)", "INSERT INTO seen VALUES (1)", "DELETE FROM seen")

        assert (taken, "duplicate key value" in refused) == ("", True)
        assert sent == [
            (
                "SAVEPOINT dbops_attempt;\nINSERT INTO seen VALUES (1);\nINSERT INTO seen VALUES (2);\n"
                "RELEASE SAVEPOINT dbops_attempt",
            )
        ]
        assert ground.query_all("SELECT id FROM seen ORDER BY id", "SELECT 'a;b'") == [[(1,), (2,)], [("a;b",)]]
        connection.rollback()


def test_a_connection_that_commits_each_statement_gets_them_one_by_one(url_of: Callable[[], str]) -> None:
    url = url_of()
    engine = _engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, closing(psycopg.connect(url, autocommit=True)) as other:
        seen = _of_walk(connection)
        (pid,) = seen.query("SELECT pg_backend_pid()")[0]

        assert seen.query_all(["SELECT 1", "SET application_name = 'walk'", "SELECT 2"]) == [[(1,)], (), [(2,)]]
        assert other.execute(LAST_SENT, [pid]).fetchall() == [("SELECT 2",)]


def test_what_is_asked_again_is_prepared_and_asked_in_one_round_trip(url_of: Callable[[], str]) -> None:
    url = url_of()
    with _engine(url).connect() as connection, closing(psycopg.connect(url, autocommit=True)) as other:
        seen = _of_walk(connection)
        (pid,) = seen.query("SELECT pg_backend_pid()")[0]

        answers = [seen.query_again("SELECT '100 %', 2") for _ in range(2)]

        ((sent,),) = other.execute(LAST_SENT, [pid]).fetchall()
        assert answers == [[("100 %", 2)]] * 2
        assert sent.startswith("SAVEPOINT dbops_again; EXECUTE dbops_again_")
        connection.rollback()


def test_a_session_that_has_discarded_what_was_prepared_loses_nothing_else(url_of: Callable[[], str]) -> None:
    reader = RepeatedReader()
    with _engine(url_of()).connect() as connection:
        seen = _of_walk(connection)
        seen.run("CREATE TABLE before (id integer)")
        first = [seen.query_again("SELECT 1"), reader.read(seen), reader.read(seen)]
        seen.run("DEALLOCATE ALL")

        again = [seen.query_again("SELECT 1"), reader.read(seen), reader.read(seen)]

        assert again == first
        assert reader.read(seen).has_table("public", "before")
        assert seen.query("SHOW search_path") == [('"$user", public',)]
        connection.rollback()


def test_what_is_tried_in_vain_leaves_nothing_behind(url_of: Callable[[], str]) -> None:
    with _engine(url_of()).connect() as connection:
        ground = _of_walk(connection).ground()
        ground.run("CREATE TABLE seen (id integer PRIMARY KEY)")

        taken = ground.attempt_in_vain("INSERT INTO seen VALUES (1)")
        refused = ground.attempt_in_vain("INSERT INTO seen VALUES (1)", "INSERT INTO seen VALUES (1)")

        assert (taken, "duplicate key value" in refused) == ("", True)
        assert ground.query("SELECT * FROM seen") == []
        connection.rollback()


def test_rows_that_are_referred_to_are_read_again_only_when_they_may_be_others(tmp_path: Path) -> None:
    reader, keeper = SqliteReader(), RowKeeper(Vocabulary)
    with _engine(f"sqlite:///{tmp_path / 'a.sqlite3'}").connect() as connection:
        seen = _of_walk(connection)
        sent: list[str] = []
        _driver_of(connection).set_trace_callback(sent.append)

        def reads_of_parent(change: str) -> int:
            seen.run(change)
            sent.clear()
            keeper.prepare(seen, reader.read(seen), Rows.USUAL)
            return sum('FROM "main"."parent" LIMIT' in each for each in sent)

        reads_of_parent("CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)")
        read = [
            reads_of_parent("CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent)"),
            reads_of_parent("ALTER TABLE child ADD COLUMN a TEXT"),
        ]
        seen.note_changes(lambda: seen.run("INSERT INTO parent (name) VALUES ('late')"))
        read.append(reads_of_parent("ALTER TABLE child ADD COLUMN b TEXT"))
        read.append(reads_of_parent("ALTER TABLE parent ADD COLUMN c TEXT"))
        read.append(reads_of_parent("ALTER TABLE child ADD COLUMN d TEXT"))

        assert read == [1, 0, 1, 1, 1]


def test_a_scratch_file_has_no_journal_on_disk_and_takes_back_what_fails(tmp_path: Path) -> None:
    with _engine(f"sqlite:///{tmp_path / 'a.sqlite3'}").connect() as connection:
        seen = _of_walk(connection)
        seen.run("CREATE TABLE seen (id INTEGER PRIMARY KEY)")

        seen.spare_the_disk()

        connection.begin()
        seen.run("INSERT INTO seen VALUES (1)")
        assert [file.name for file in tmp_path.iterdir()] == ["a.sqlite3"]
        seen.rollback()
        assert (_pragma(seen, "journal_mode"), _pragma(seen, "synchronous")) == ("memory", 0)
        assert seen.query("SELECT count(*) FROM seen") == [(0,)]


@pytest.mark.parametrize("mode", ["wal", "truncate"])
def test_a_journal_that_the_project_has_chosen_stays(tmp_path: Path, mode: str) -> None:
    with _engine(f"sqlite:///{tmp_path / 'a.sqlite3'}").connect() as connection:
        seen = _of_walk(connection)
        seen.query(f"PRAGMA journal_mode = {mode}")

        seen.spare_the_disk()

        assert _pragma(seen, "journal_mode") == mode


def test_a_file_with_an_open_transaction_is_left_as_it_is(tmp_path: Path) -> None:
    with _engine(f"sqlite:///{tmp_path / 'a.sqlite3'}").connect() as connection:
        seen = _of_walk(connection)
        seen.run("CREATE TABLE seen (id INTEGER PRIMARY KEY)")
        connection.begin()
        seen.run("INSERT INTO seen VALUES (1)")

        seen.spare_the_disk()

        seen.commit()
        assert (_pragma(seen, "journal_mode"), _pragma(seen, "synchronous")) == ("delete", 2)


def test_others_still_wait_for_a_file_without_a_journal(tmp_path: Path) -> None:
    engine = _engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    with engine.connect() as connection, closing(sqlite3.connect(tmp_path / "a.sqlite3", timeout=0)) as other:
        seen = _of_walk(connection)
        seen.run("CREATE TABLE seen (id INTEGER PRIMARY KEY)")
        seen.spare_the_disk()
        connection.begin()
        seen.run("INSERT INTO seen VALUES (1)")

        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO seen VALUES (2)")
        seen.commit()
        assert other.execute("SELECT id FROM seen").fetchall() == [(1,)]


def _engine(url: str) -> Engine:
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=pool.NullPool)


def _of_walk(connection: Connection) -> WalkConnection:
    reader = SqliteReader() if connection.dialect.name == "sqlite" else RepeatedReader()
    return WalkConnection(MigrationContext.configure(connection), reader.read, is_in_transaction=False)  # type: ignore[arg-type]


def _driver_of(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _pragma(seen: WalkConnection, name: str) -> object:
    return seen.query(f"PRAGMA {name}")[0][0]
