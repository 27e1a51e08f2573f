"""What every backend's session promises (`pytest_dbops.core.session.Session`), asked of all of them."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge, ConfigError, NotReadable, TimedOut, Unreachable, WrongTarget
from tests.fix_targets import HASTY, PRODUCTS, Target

pytestmark = pytest.mark.parametrize("target", PRODUCTS, indirect=True)

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_rows_are_mappings_in_column_order(target: Target) -> None:
    with target.open() as session:
        rows = session.query("SELECT id, name FROM customer ORDER BY id")
    assert [list(row.items()) for row in rows] == [
        [("id", 1), ("name", "Ada Example")],
        [("id", 2), ("name", "Bo Example")],
    ]


def test_columns_of_one_name_are_all_kept(target: Target) -> None:
    with target.open() as session:
        (row,) = session.query("SELECT i.id, c.id, i.id AS id_2 FROM invoice i, customer c WHERE i.id = 3 AND c.id = 2")
    assert dict(row) == {"id": 3, "id_3": 2, "id_2": 3}


def test_a_query_without_rows_gives_none(target: Target) -> None:
    with target.open() as session:
        assert session.query("SELECT id FROM customer WHERE id > 9") == []
        assert session.scalar("SELECT id FROM customer WHERE id > 9") is None


def test_scalar_is_the_first_column_of_the_first_row(target: Target) -> None:
    with target.open() as session:
        assert session.scalar("SELECT id, name FROM customer ORDER BY id DESC") == 2


def test_parameters_are_named(target: Target) -> None:
    with target.open() as session:
        sql = "SELECT name FROM customer WHERE id = :id OR name = :name OR id = :id"
        names = session.query(sql, {"id": 1, "name": "x"})
    assert [row["name"] for row in names] == ["Ada Example"]


def test_what_looks_like_a_parameter_in_strings_names_and_comments_survives(target: Target) -> None:
    sql = "SELECT ':id' AS \":name\", '%s' AS percent, '100%' AS full, :id AS id -- :comment %s\n /* :more */"
    with target.open() as session:
        (row,) = session.query(sql, {"id": 7, "unused": 1})
    assert dict(row) == {":name": ":id", "percent": "%s", "full": "100%", "id": 7}


def test_percent_survives_without_parameters(target: Target) -> None:
    with target.open() as session:
        assert session.scalar("SELECT count(*) FROM customer WHERE name LIKE '%Example' AND 7 % 4 = 3") == 2


def test_none_and_text_are_handed_over_as_they_are(target: Target) -> None:
    hostile = "'; DELETE FROM invoice; -- \"\\ %s :x é"
    with target.open() as session:
        (row,) = session.query("SELECT CAST(:a AS text) AS a, CAST(:b AS text) AS b", {"a": hostile, "b": None})
    assert dict(row) == {"a": hostile, "b": None}


def test_a_missing_parameter_is_named(target: Target) -> None:
    with target.open() as session, pytest.raises(CannotJudge, match=r"parameter ':id' has no value \(given: ident\)"):
        session.query("SELECT :id", {"ident": 1})


def test_a_trailing_semicolon_and_comment_are_no_second_statement(target: Target) -> None:
    with target.open() as session:
        assert session.scalar("-- title: x\nSELECT 5 ; -- the end; really\n/* ; */ ;") == 5


@pytest.mark.parametrize("sql", ["", "  \n", "-- only words", ";", "/* x */;"])
def test_a_text_without_a_statement_is_refused(target: Target, sql: str) -> None:
    with target.open() as session, pytest.raises(NotReadable, match="no statement"):
        session.query(sql)


def test_a_second_statement_is_refused_with_its_line(target: Target) -> None:
    with target.open() as session, pytest.raises(NotReadable, match="semicolon in line 2"):
        session.query("SELECT 1\n; SELECT 2")


def test_text_behind_a_nul_character_is_not_read_past(target: Target) -> None:
    with target.open() as session, pytest.raises(NotReadable, match="NUL character"):
        session.query("SELECT 1\0 FROM nowhere")


def test_text_that_is_no_unicode_is_told(target: Target) -> None:
    with target.open() as session:
        with pytest.raises(CannotJudge):
            session.query("SELECT '\ud800'")
        with pytest.raises(CannotJudge):
            session.query("SELECT :a", {"a": "\ud800"})
        assert session.scalar("SELECT 1") == 1


def test_an_unclosed_string_is_refused(target: Target) -> None:
    with target.open() as session, pytest.raises(NotReadable, match="string opened in line 1 is never closed"):
        session.query("SELECT 'abc")


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM nowhere", "SELECT nothing FROM customer", "SELEC 1", "SELECT 1 FROM", "SELECT abs(1, 2)"]
)
def test_an_error_spoils_only_its_own_statement(target: Target, sql: str) -> None:
    with target.open() as session:
        with pytest.raises(CannotJudge):
            session.query(sql)
        with pytest.raises(CannotJudge):
            session.sample(sql, 3)
        assert session.scalar("SELECT count(*) FROM invoice") == 3
        session.verify()


def test_messages_are_one_line(target: Target) -> None:
    with target.open() as session, pytest.raises(CannotJudge) as caught:
        session.query("SELECT *\nFROM customer\nWHERE nothing = 1")
    assert "\n" not in str(caught.value)
    assert "nothing" in str(caught.value)


def test_sample_gives_few_rows_and_counts_all(target: Target) -> None:
    with target.open() as session:
        rows, count = session.sample("SELECT id FROM invoice WHERE id >= :low ORDER BY id", 2, {"low": 1})
    assert ([dict(row) for row in rows], count) == ([{"id": 1}, {"id": 2}], 3)


@pytest.mark.parametrize(("limit", "kept"), [(0, 0), (-1, 0), (3, 3), (99, 3)])
def test_sample_of_any_limit_counts_all(target: Target, limit: int, kept: int) -> None:
    with target.open() as session:
        rows, count = session.sample("SELECT id FROM invoice;", limit)
    assert (len(rows), count) == (kept, 3)


def test_sample_of_no_rows_is_empty(target: Target) -> None:
    with target.open() as session:
        assert session.sample("SELECT id FROM invoice WHERE id = 0", 5) == ([], 0)


def test_sample_and_query_see_one_moment(target: Target) -> None:
    if target.backend.name == "sqlite":
        pytest.skip("a writer has to wait for the session of a SQLite file in rollback-journal mode")
    with target.open() as session:
        before = session.scalar("SELECT count(*) FROM customer")
        with psycopg.connect(target.url) as writer:
            writer.execute("INSERT INTO customer (id, name) VALUES (50, 'late')")
        assert session.scalar("SELECT count(*) FROM customer") == before
        assert session.sample("SELECT * FROM customer", 1)[1] == before
        session.verify()
    with psycopg.connect(target.url) as writer:
        writer.execute("DELETE FROM customer WHERE id = 50")


def test_a_statement_that_takes_too_long_is_ended(target: Target) -> None:
    with target.open(limits=HASTY) as session:
        began = time.monotonic()
        with pytest.raises(TimedOut, match="statement"):
            session.query(ENDLESS)
        with pytest.raises(TimedOut):
            session.sample(ENDLESS, 3)
        assert time.monotonic() - began < 5
        assert session.scalar("SELECT 1") == 1
        session.verify()


def test_round_trip_is_measured_again_and_again(target: Target) -> None:
    with target.open() as session:
        assert all(0 < session.round_trip_ms() < 5000 for _ in range(3))


def test_a_closed_session_is_unreachable(target: Target) -> None:
    with target.open() as session:
        session.close()
        session.close()
        with pytest.raises(Unreachable, match="closed"):
            session.query("SELECT 1")
        with pytest.raises(Unreachable, match="closed"):
            session.verify()


def test_identity_names_the_server(target: Target) -> None:
    with target.open() as session:
        found = session.identity
    assert found.server.split()[0] == {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[session.dialect]
    assert found.version >= session.capabilities.minimum_version
    assert found.database in target.url
    assert (found.is_pooled, found.in_recovery, found.is_superuser) == (False, False, False)


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        (Expectation(database="production"), "'production' is declared"),
        (Expectation(host="/nowhere/else"), "'/nowhere/else' is declared"),
        (Expectation(role="somebody"), "'somebody' is declared"),
        (Expectation(marker="staging"), "the marker is not there, but 'staging' is declared"),
    ],
)
def test_a_database_that_is_not_the_declared_one_is_refused(target: Target, expect: Expectation, said: str) -> None:
    with pytest.raises(WrongTarget, match=said), target.open(expect=expect):
        pass


def test_the_declared_database_is_let_in(target: Target) -> None:
    with target.open() as session:
        found = session.identity
    expect = Expectation(host=found.host, database=found.database, role=found.role or None)
    with target.open(expect=expect) as session:
        assert session.identity == found


def test_the_marker_is_read_and_compared(target: Target) -> None:
    with marked(target, ["staging"]):
        with target.open(expect=Expectation(marker="staging")) as session:
            assert session.identity.marker == "staging"
        with pytest.raises(WrongTarget, match="the marker is 'staging', but 'production' is declared"):
            target.open(expect=Expectation(marker="production")).__enter__()


def test_two_markers_are_refused(target: Target) -> None:
    with marked(target, ["staging", "production"]), pytest.raises(WrongTarget, match="more than one row"):
        target.open().__enter__()


def test_an_empty_marker_table_is_no_marker(target: Target) -> None:
    with marked(target, []), target.open() as session:
        assert session.identity.marker is None


def test_a_url_of_another_product_is_refused_in_one_line(target: Target) -> None:
    with pytest.raises(ConfigError) as caught:
        target.open(url="mysql://u:secret-word@h/x").__enter__()
    assert "secret-word" not in str(caught.value)


def test_the_session_may_be_used_from_another_thread(target: Target) -> None:
    found: list[object] = []
    with target.open() as session:
        thread = threading.Thread(target=lambda: found.append(session.scalar("SELECT 1")))
        thread.start()
        thread.join()
    assert found == [1]


@contextmanager
def marked(target: Target, names: list[str]) -> Iterator[None]:
    """Put a marker table with these rows into a database for the length of a block."""
    run, make, drop, table = MARKERS[target.backend.name]
    run(target, make)
    for name in names:
        run(target, f"INSERT INTO {table} VALUES ('{name}')")
    yield
    run(target, drop)


def run_on_postgresql(target: Target, sql: str) -> None:
    with psycopg.connect(target.url) as connection:
        connection.execute(sql.encode())


def run_on_sqlite(target: Target, sql: str) -> None:
    with closing(sqlite3.connect(target.url.removeprefix("sqlite:///"))) as file, file:
        file.execute(sql)


MARKERS = {
    "postgresql": (
        run_on_postgresql,
        "CREATE SCHEMA dbops CREATE TABLE marker (environment text)",
        "DROP SCHEMA dbops CASCADE",
        "dbops.marker",
    ),
    "sqlite": (
        run_on_sqlite, "CREATE TABLE dbops_marker (environment text)", "DROP TABLE dbops_marker", "dbops_marker"
    ),
}  # fmt: skip
