"""What every backend's session promises of rows read in blocks."""

from __future__ import annotations

import pytest

from pytest_dbops.core.errors import CannotJudge, NotReadable, TimedOut
from tests.fix_targets import HASTY, PRODUCTS, Target

pytestmark = pytest.mark.parametrize("target", PRODUCTS, indirect=True)

MANY = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25) SELECT i, :x AS x FROM n"
ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0"


def test_rows_come_in_blocks_as_tuples(target: Target) -> None:
    with target.open() as session:
        blocks = list(session.stream(MANY, {"x": 7}, block_rows=10))
    assert [len(block) for block in blocks] == [10, 10, 5]
    assert [row for block in blocks for row in block] == [(number, 7) for number in range(1, 26)]


def test_a_stream_without_rows_has_no_block(target: Target) -> None:
    with target.open() as session:
        assert list(session.stream("SELECT id FROM customer WHERE id > 9")) == []


def test_the_session_goes_on_after_a_stream_whether_exhausted_or_closed(target: Target) -> None:
    with target.open() as session:
        assert len(list(session.stream(MANY, {"x": 1}, block_rows=7))) == 4
        stream = session.stream(MANY, {"x": 1}, block_rows=2)
        next(stream)
        stream.close()  # type: ignore[attr-defined]  # both are generators
        assert session.scalar("SELECT count(*) FROM customer") == 2
        session.verify()


def test_nothing_else_is_asked_while_a_stream_is_open(target: Target) -> None:
    with target.open() as session:
        stream = session.stream(MANY, {"x": 1}, block_rows=2)
        next(stream)
        with pytest.raises(CannotJudge, match="read in blocks; close that iterator"):
            session.scalar("SELECT 1")
        assert len(next(stream)) == 2


@pytest.mark.parametrize("sql", ["DELETE FROM invoice", "EXPLAIN SELECT 1", "SELECT 1; SELECT 2"])
def test_a_stream_reads_and_nothing_else(target: Target, sql: str) -> None:
    before = target.state()
    with target.open() as session:
        with pytest.raises((NotReadable, CannotJudge)):
            list(session.stream(sql))
        assert session.scalar("SELECT count(*) FROM invoice") == 3
    assert target.state() == before


def test_an_error_spoils_only_its_stream(target: Target) -> None:
    with target.open() as session:
        with pytest.raises(CannotJudge, match="nowhere"):
            list(session.stream("SELECT nowhere FROM customer"))
        assert session.scalar("SELECT count(*) FROM customer") == 2


def test_a_block_ends_with_the_time_limit(target: Target) -> None:
    with target.open(limits=HASTY) as session:
        with pytest.raises(TimedOut):
            list(session.stream(ENDLESS))
        assert session.scalar("SELECT count(*) FROM customer") == 2
