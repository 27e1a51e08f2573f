"""A column becomes the text that its values become one by one, whatever they are and whatever came before."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql

from pytest_dbops import Scaled
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.seeding.writing.block import block_of_columns
from pytest_dbops.seeding.writing.copy_text import block_text
from pytest_dbops.seeding.writing.literals import copy_text
from pytest_dbops.seeding.writing.texts import Filled, Texts
from tests.seeding.conftest import METADATA, child_columns

FEW = st.sampled_from([0, 1, True, False, 1.0, 0.0, -0.0, Decimal("1.0"), Decimal("1.00"), "1", "a\tb", "%s\\", None])
VALUES = (
    st.none() | st.integers() | st.booleans() | st.text(max_size=4) | st.dates() | st.datetimes(timezones=st.just(UTC))
    | st.binary(max_size=4) | st.floats(allow_nan=False) | st.uuids() | st.times()
)  # fmt: skip
COLUMNS = st.one_of(
    st.lists(FEW, min_size=1, max_size=30),
    st.lists(VALUES, min_size=1, max_size=20),
    st.lists(st.none() | st.integers(), min_size=1, max_size=20),
    st.lists(st.none() | st.text(), min_size=1, max_size=20),
    st.lists(st.sampled_from(["a", "b\n"]), min_size=9, max_size=20),
)


def lines(filled: Filled, count: int) -> list[str]:
    write, values = filled
    found = list(write(values))
    assert len(found) == count
    return found


@given(st.lists(COLUMNS, min_size=1, max_size=3))
@example([[Decimal("1.0"), Decimal("1.00")], [0.0, -0.0], [None, "1", 1], [True, "1"]])
@example([["1", 1, True] * 9, [date(2026, 1, 15), 1, True]])
@example([[time(12, tzinfo=UTC), time(13, tzinfo=timezone(timedelta(hours=1)))]])
def test_columns_of_one_type_become_what_their_values_become(columns: list[list[Any]]) -> None:
    texts = Texts(None, stores_bytes=True)
    found = [lines(texts.of_all(column), len(column)) for column in columns]
    assert found == [[copy_text(value) for value in column] for column in columns]


@example([10**28 + 1] * 9, 1)
@given(st.lists(st.integers(), min_size=1, max_size=20), st.integers(1, 6))
def test_decimals_given_as_whole_numbers_keep_their_value(values: list[int], places: int) -> None:
    found = lines(Texts(None).of_scaled(Scaled(values, places)), len(values))
    assert list(map(Decimal, found)) == [Decimal(f"{value}e-{places}") for value in values]


def test_document_that_changed_since_is_written_as_it_is_now() -> None:
    texts, document = Texts(None), {"n": 1}
    texts.process = lambda value: str(value)
    first = lines(texts.of_all([document, document]), 2)
    document["n"] = True
    assert (first, lines(texts.of_all([document]), 1)) == (["{'n': 1}"] * 2, ["{'n': True}"])


def test_texts_of_a_kind_of_their_own_are_written_as_what_they_hold() -> None:
    kind = Enum("Kind", {"A": "a", "B": "b\n"}, type=str)
    assert lines(Texts(None).of_all([kind.A, "c"]), 2) == ["a", "c"]
    assert lines(Texts(None).of_all([kind.A, kind.B, None]), 3) == ["a", "b\\n", "\\N"]


def test_type_of_a_project_is_asked_for_every_kind_of_bytes() -> None:
    texts = Texts(lambda value: value[::-1] if value == b"ab" else value)
    assert lines(texts.of_all([b"xx", b"ab"]), 2) == ["\\\\x7878", "\\\\x6261"]


def test_lines_of_a_block_come_in_pieces_of_whole_lines() -> None:
    block = block_of_columns(METADATA.tables["child"], child_columns(2500))
    pieces = list(block_text(block, postgresql.psycopg.dialect(), {}))
    assert [piece.count("\n") for piece in pieces] == [1000, 1000, 500]
    assert pieces[2].splitlines()[-1].startswith("2500\t")


MOMENTS = {
    datetime(2026, 1, 15, 12, tzinfo=UTC): "20260115 12:00Z",
    datetime(2026, 1, 15, 12, 0, 7, tzinfo=UTC): "20260115 12:00:07Z",
    datetime(2026, 1, 15, 12, 0, 0, 5, tzinfo=UTC): "20260115 12:00:00.000005Z",
    datetime(2026, 1, 15, 12, tzinfo=timezone(-timedelta(hours=3, minutes=30))): "20260115 12:00-03:30",
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC): "99991231 23:59:59.999999Z",
    datetime(1890, 1, 1, tzinfo=timezone(timedelta(minutes=53, seconds=28))): "18900101 00:00+00:53:28",
    datetime(1, 1, 1): "00010101 00:00",
    datetime(99, 1, 15): "00990115 00:00",
}


@pytest.mark.parametrize("style", ["ISO,DMY", "SQL,MDY", "German,YMD"])
def test_moments_are_read_by_the_server_as_they_are_meant(style: str, scratch_postgres: ScratchServer) -> None:
    assert {moment: copy_text(moment) for moment in MOMENTS} == MOMENTS
    with psycopg.connect(scratch_postgres.admin_url, options=f"-c DateStyle={style}") as connection:
        for moment, written in MOMENTS.items():
            kind = "timestamp" if moment.tzinfo is None else "timestamptz"
            assert connection.execute(f"SELECT %s::{kind} = %s".encode(), [written, moment]).fetchone() == (True,)
