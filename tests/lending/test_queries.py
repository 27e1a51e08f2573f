"""Statements are counted by their shape, and what grows with the rows is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from pytest_dbops.operations.fixtures.handles import TestDatabase
from pytest_dbops.operations.fixtures.queries import QueryLog, shape_of

ONE = text("SELECT name FROM currency WHERE code = :code")


def test_statements_of_a_session_are_counted_without_control_of_transactions(
    dbops_session: Session, dbops_queries: QueryLog
) -> None:
    for code in ("EUR", "JPY"):
        dbops_session.execute(ONE, {"code": code})
    dbops_session.commit()
    assert dbops_queries.count == 2
    assert list(dbops_queries.shapes.values()) == [2]


def test_statements_of_our_own_connections_are_counted(dbops_database: TestDatabase, dbops_queries: QueryLog) -> None:
    with dbops_database.connect() as connection:
        connection.execute("SELECT 1")
        connection.execute("SELECT 2")
    assert dbops_queries.shapes == {"SELECT ?": 2}


def test_one_more_statement_a_row_does_not_scale(dbops_session: Session, dbops_queries: QueryLog) -> None:
    def lazily(rows: int) -> None:
        for _ in range(rows):
            dbops_session.execute(ONE, {"code": "EUR"})

    with pytest.raises(AssertionError, match=r"3 statements for 3 rows, 6 for 6: .* 3 x SELECT name"):
        dbops_queries.assert_scales(lazily, 3, 6)


def test_one_statement_for_all_rows_scales(dbops_session: Session, dbops_queries: QueryLog) -> None:
    def at_once(rows: int) -> None:
        dbops_session.execute(text("SELECT name FROM currency LIMIT :rows"), {"rows": rows})

    dbops_queries.assert_scales(at_once, 3, 6)


def test_a_block_may_run_so_many_statements(dbops_session: Session, dbops_queries: QueryLog) -> None:
    with dbops_queries.at_most(1) as log:
        dbops_session.execute(ONE, {"code": "EUR"})
    assert log.count == 1
    with (
        pytest.raises(AssertionError, match="1 statements were run, at most 0 may be: 1 x SELECT"),
        dbops_queries.at_most(0),
    ):
        dbops_session.execute(ONE, {"code": "EUR"})


@pytest.mark.max_queries(1)
def test_a_bound_that_is_kept_lets_pass(dbops_session: Session) -> None:
    dbops_session.execute(ONE, {"code": "EUR"})


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_a_list_of_any_length_is_one_shape(values: list[int]) -> None:
    listed = ", ".join(map(str, values))
    assert shape_of(f"SELECT * FROM t WHERE id IN ({listed})") == "SELECT * FROM t WHERE id IN (?)"


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM t2 WHERE a = %(a)s", "SELECT * FROM t2\n WHERE a = $1", "SELECT * FROM t2 WHERE a = 'it''s'",
     "SELECT * FROM t2 WHERE a = 1.5", "SELECT * FROM t2 WHERE a = :a", "SELECT * FROM t2 WHERE a = %(a)s::VARCHAR"],
)  # fmt: skip
def test_values_of_any_style_are_one_shape(statement: str) -> None:
    assert shape_of(statement) == "SELECT * FROM t2 WHERE a = ?"
