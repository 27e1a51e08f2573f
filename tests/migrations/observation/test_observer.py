"""What an observer makes of statements in a row: names, transactions, savepoints, loops over rows, time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from pytest_dbops.backends.postgresql.observation import PostgresqlObserver
from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.observed import Changed, Lock, LockMode, Moved, Observation, ObservationFailed, RelationKind
from pytest_dbops.migrating.observing import ObservingHook
from tests.migrations.observation.rehearsing import SCHEMA, Rehearsal

FAMILY = """
CREATE TABLE parent (id serial PRIMARY KEY, note text);
CREATE VIEW notes AS SELECT note FROM parent;
CREATE MATERIALIZED VIEW kept AS SELECT note FROM parent;
CREATE TABLE child (id integer REFERENCES parent);
"""
ADD = "ALTER TABLE invoice ADD COLUMN extra integer"


class Clock:
    """A clock that stands still unless it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def tables(rehearsal: Rehearsal) -> Iterator[Rehearsal]:
    """The tables of the catalogue."""
    with rehearsal.prepared(FAMILY):
        yield rehearsal


def modes(observation: Observation) -> list[dict[str, str]]:
    """The modes each statement newly took on tables of before, by name."""
    return [
        {
            lock.relation.removeprefix(f"{SCHEMA}."): lock.mode.key
            for lock in statement.locks
            if lock.kind is RelationKind.TABLE and not lock.is_created_in_transaction
        }
        for statement in observation.statements
    ]


def test_dropped_objects_are_named(tables: Rehearsal) -> None:
    observation = tables.observe("DROP TABLE parent CASCADE")
    dropped = {(lock.relation, lock.kind.value) for lock in observation.statements[0].locks if lock.is_dropped}
    assert dropped == {
        ("books.parent", "table"),
        ("books.parent_pkey", "index"),
        ("books.parent_id_seq", "sequence"),
        ("books.notes", "view"),
        ("books.kept", "materialized view"),
    }
    assert observation.dropped == ("books.kept", "books.parent")


def test_renamed_table_keeps_the_name_clients_know(tables: Rehearsal) -> None:
    observation = tables.observe("ALTER TABLE invoice RENAME TO bill", "ALTER TABLE bill ALTER note SET NOT NULL")
    first, second = observation.statements
    assert [(lock.relation, lock.table) for lock in first.locks] == [("books.invoice", "books.invoice")]
    assert (second.locks, second.scanned_tables) == ((), {"books.invoice"})
    assert observation.moved == (Moved("books.invoice", "books.bill"),)
    assert (observation.created, observation.dropped) == ((), ())


def test_index_belongs_to_its_table(tables: Rehearsal) -> None:
    (statement,) = tables.observe("REINDEX INDEX invoice_due_idx").statements
    on_index = [lock for lock in statement.locks if lock.kind is RelationKind.INDEX]
    assert [(lock.mode, lock.relation, lock.table) for lock in on_index] == [
        (LockMode.ACCESS_EXCLUSIVE, "books.invoice_due_idx", "books.invoice")
    ]


def test_what_the_transaction_created_blocks_nobody(tables: Rehearsal) -> None:
    observation = tables.observe(
        "CREATE TABLE line (id integer PRIMARY KEY, note text)",
        "INSERT INTO line SELECT n, 'made up' FROM generate_series(1, 50) AS n",
        "ALTER TABLE line ALTER note TYPE varchar(9)",
        "CREATE INDEX ON line (note)",
    )
    assert all(lock.is_created_in_transaction for statement in observation.statements for lock in statement.locks)
    assert [(s.rewrites, s.scans) for s in observation.statements] == [((), ())] * 4
    assert observation.statements[1].changed == (Changed("books.line", inserted=50, is_created_in_transaction=True),)
    assert observation.created == ("books.line",)


def test_stronger_mode_on_a_locked_table_counts(tables: Rehearsal) -> None:
    observation = tables.observe("CREATE INDEX ON invoice (code)", ADD)
    assert modes(observation) == [{"invoice": "share"}, {"invoice": "access_exclusive"}]


def test_weaker_mode_on_a_locked_table_counts_for_nothing(tables: Rehearsal) -> None:
    observation = tables.observe(ADD, "CREATE INDEX ON invoice (code)")
    assert modes(observation) == [{"invoice": "access_exclusive"}, {}]


def test_return_to_a_savepoint_gives_locks_up(tables: Rehearsal) -> None:
    clock = Clock()
    hook = ObservingHook(PostgresqlObserver(clock=clock))

    def code(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE customer ADD COLUMN extra integer")
        with connection.begin_nested() as savepoint:
            connection.exec_driver_sql("ALTER TABLE invoice RENAME TO bill")
            clock.now_s += 0.5
            savepoint.rollback()
        clock.now_s += 2
        connection.exec_driver_sql(ADD)
        clock.now_s += 1

    observation = Rehearsal(tables.url, tables.engine, hook).observe_code(code)
    held = [(lock.relation, lock.held_ms) for statement in observation.statements for lock in statement.locks]
    assert held == [("books.customer", 3500), ("books.invoice", 500), ("books.invoice", 1000)]
    assert observation.moved == ()


def test_lock_is_held_until_the_commit_and_not_longer(tables: Rehearsal) -> None:
    clock = Clock()
    hook = ObservingHook(PostgresqlObserver(clock=clock))

    def code(connection: Connection) -> None:
        connection.exec_driver_sql(ADD)
        clock.now_s += 2
        connection.exec_driver_sql("SELECT count(*) FROM customer")
        connection.exec_driver_sql("ALTER TABLE customer ADD COLUMN extra integer")
        clock.now_s += 1
        connection.commit()
        clock.now_s += 60
        connection.exec_driver_sql("ALTER TABLE entry ADD COLUMN extra integer")

    observation = Rehearsal(tables.url, tables.engine, hook).observe_code(code)
    held = [(lock.relation, lock.held_ms) for s in observation.statements for lock in s.locks if lock.mode == 8]
    assert held == [("books.invoice", 3000), ("books.customer", 1000), ("books.entry", 0), ("books.entry_2024", 0)]
    assert [statement.transaction for statement in observation.statements] == [1, 1, 1, 2]


def test_cost_of_observing_is_nobodys_time(tables: Rehearsal) -> None:
    clock = Clock()
    with closing(psycopg.connect(tables.url)) as connection:
        connection.execute(f"SET search_path = {SCHEMA}".encode())

        def query(sql: str) -> Sequence[Sequence[Any]]:
            clock.now_s += 100
            return connection.execute(sql.encode()).fetchall()

        observer = PostgresqlObserver(clock=clock)
        observer.begin("5eed00000001")
        for sql in (ADD, "ALTER TABLE customer ADD COLUMN extra integer"):
            observer.before_statement(query, sql)
            connection.execute(sql.encode())
            clock.now_s += 1
            observer.after_statement(query)
        observer.before_commit(query)
        observation = observer.finish()
    assert [(s.duration_ms, s.locks[0].held_ms) for s in observation.statements] == [(1000, 2000), (1000, 1000)]
    assert observation.own_ms == 300_000


def test_statement_costs_one_question_and_changed_rows_two_more(tables: Rehearsal) -> None:
    asked: list[str] = []
    with closing(psycopg.connect(tables.url)) as connection:
        connection.execute(f"SET search_path = {SCHEMA}".encode())

        def query(sql: str) -> Sequence[Sequence[Any]]:
            asked.append(sql)
            return connection.execute(sql.encode()).fetchall()

        observer = PostgresqlObserver(ignored=frozenset({"alembic_version"}))
        observer.begin("5eed00000001")
        for sql in (ADD, "SELECT id FROM invoice", *["UPDATE invoice SET note = 'x' WHERE id = 5"] * 20,
                    "DROP INDEX invoice_due_idx", "SET lock_timeout = '5s'"):  # fmt: skip
            observer.before_statement(query, sql)
            connection.execute(sql.encode())
            observer.after_statement(query)
        observer.before_commit(query)
    every_relation, add, rows_changed, rows_counted, counting_undone, drop = asked
    assert (add, rows_changed, counting_undone) == (drop, drop, drop)
    assert rows_counted == 'SELECT (SELECT pg_catalog.count(*) FROM ONLY "books"."invoice")'
    assert every_relation != drop


def test_loop_over_rows_is_one_statement(tables: Rehearsal) -> None:
    def code(connection: Connection) -> None:
        for number in range(1, 8):
            connection.exec_driver_sql("UPDATE invoice SET note = 'other' WHERE id = %s", (number,))

    (statement,) = tables.observe_code(code).statements
    assert (statement.times, statement.changed) == (7, (Changed("books.invoice", updated=7, of_rows=300),))


def test_loop_over_rows_outside_a_transaction_is_one_statement(tables: Rehearsal) -> None:
    def code(connection: Connection) -> None:
        for number in range(1, 8):
            connection.exec_driver_sql("UPDATE invoice SET note = 'other' WHERE id = %s", (number,))

    (statement,) = tables.observe_code(code, is_autocommit=True).statements
    assert (statement.times, statement.changed) == (7, (Changed("books.invoice", updated=7, of_rows=300),))
    assert [(lock.mode.key, lock.relation) for lock in statement.locks] == [("row_exclusive", "books.invoice")]


def test_scan_of_an_earlier_transaction_is_not_charged_again(tables: Rehearsal) -> None:
    observation = tables.observe_code(
        lambda connection: [
            connection.exec_driver_sql("ALTER TABLE invoice ALTER note SET NOT NULL"),
            connection.commit(),
            connection.exec_driver_sql(ADD),
        ]
    )
    assert [statement.scanned_tables for statement in observation.statements] == [{"books.invoice"}, frozenset()]


def test_statement_after_a_rollback_starts_from_what_there_is(tables: Rehearsal) -> None:
    observation = tables.observe_code(
        lambda connection: [
            connection.exec_driver_sql("UPDATE invoice SET note = 'other'"),
            connection.exec_driver_sql("ALTER TABLE invoice RENAME TO bill"),
            connection.rollback(),
            connection.exec_driver_sql(f"SET search_path = {SCHEMA}"),
            connection.exec_driver_sql(ADD),
        ]
    )
    assert modes(observation)[2] == {"invoice": "access_exclusive"}
    assert (observation.statements[2].changed, observation.moved) == ((), ())


def test_commit_that_a_revision_writes_itself_ends_its_locks(tables: Rehearsal) -> None:
    observation = tables.observe(ADD, "COMMIT", "ALTER TABLE invoice DROP COLUMN extra")
    assert modes(observation) == [{"invoice": "access_exclusive"}, {"invoice": "access_exclusive"}]
    assert [statement.transaction for statement in observation.statements] == [1, 2]


def test_version_table_is_of_no_interest(tables: Rehearsal) -> None:
    hook = ObservingHook(PostgresqlObserver(ignored=frozenset({"alembic_version"})))
    observation = Rehearsal(tables.url, tables.engine, hook).observe(
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        ADD,
        "INSERT INTO alembic_version VALUES ('5eed00000001')",
    )
    assert modes(observation) == [{}, {"invoice": "access_exclusive"}]
    assert observation.created == ()


def test_several_statements_in_one_text_are_observed_as_one(tables: Rehearsal) -> None:
    observation = tables.observe(
        "SELECT 1; ALTER TABLE invoice ADD COLUMN extra integer; UPDATE customer SET name = 'x'"
    )
    assert modes(observation) == [{"invoice": "access_exclusive", "customer": "row_exclusive"}]


def test_failed_statement_is_kept_with_its_reason(tables: Rehearsal) -> None:
    first, second = tables.observe(ADD, ADD).statements
    assert (first.is_observed, second.is_observed) == (True, False)
    assert second.reason == 'it failed: column "extra" of relation "invoice" already exists'


def test_lock_timeout_of_the_moment_is_told(tables: Rehearsal) -> None:
    observation = tables.observe(ADD, "SET LOCAL lock_timeout = '1min'", "ALTER TABLE invoice DROP COLUMN extra")
    assert [statement.lock_timeout_ms for statement in observation.statements] == [0, 60_000]


def test_other_connection_is_not_observed(tables: Rehearsal) -> None:
    def code(connection: Connection) -> None:
        connection.exec_driver_sql(ADD)
        with tables.engine.connect() as other:
            other.exec_driver_sql(f"CREATE TABLE {SCHEMA}.elsewhere (id integer)")
            other.commit()

    observation = tables.observe_code(code)
    assert [statement.sql for statement in observation.statements] == [ADD]


def test_line_is_that_of_the_revisions_file(tables: Rehearsal, tmp_path: Path) -> None:
    revision = tmp_path / "5eed00000001_add.py"
    revision.write_text(f"def upgrade(connection):\n    run = connection.exec_driver_sql\n\n    run({ADD!r})\n")
    space: dict[str, Any] = {}
    exec(compile(revision.read_text(), str(revision), "exec"), space)

    def code(connection: Connection) -> None:
        tables.hook.begin("5eed00000001", source=revision)
        space["upgrade"](connection)

    assert [(s.sql, s.line) for s in tables.observe_code(code).statements] == [(ADD, 4)]


def test_look_that_breaks_says_so(tables: Rehearsal) -> None:
    def refuse(sql: str) -> Sequence[Sequence[Any]]:
        raise psycopg.OperationalError("the connection\nis closed")

    observer = PostgresqlObserver()
    observer.begin("5eed00000001")
    with pytest.raises(ObservationFailed, match=r"^observing the statement broke: OperationalError: the connection is"):
        observer.before_statement(refuse, ADD)


def test_observation_survives_as_json(tables: Rehearsal) -> None:
    observation = tables.observe("DROP TABLE parent CASCADE", "UPDATE invoice SET note = 'other'")
    assert from_json(Observation, to_json(observation)) == observation
    assert Lock(LockMode.SHARE, "a.b", RelationKind.TABLE, "a.b").mode.blocks_words == "writes and DDL"


def test_serializable_transaction_is_observed(tables: Rehearsal) -> None:
    def code(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT count(*) FROM customer")
        connection.exec_driver_sql(ADD)

    with tables.engine.execution_options(isolation_level="SERIALIZABLE").connect() as connection:
        observation = Rehearsal(tables.url, connection.engine, tables.hook).observe_code(code)
    assert modes(observation) == [{"customer": "access_share"}, {"invoice": "access_exclusive"}]
