"""Text is cut, wrapped and set in columns by what it takes on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_dbops.core.finding import Row
from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.layout import bounded, counted, display_width, evidence_table, shortened, wrapped
from tests.unit.strategies import texts, values


@pytest.mark.parametrize(("text", "width"), [("", 0), ("abc", 3), ("é", 1), ("e\u0301", 1), ("日本", 4), ("ａ", 2)])
def test_width_counts_columns_not_characters(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 checks"), (1, "1 check"), (2, "2 checks"), (12345, "12,345 checks")]
)
def test_a_number_stands_with_its_noun(number: int, text: str) -> None:
    assert counted(number, "check") == text


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("1234567890", "1234567890"),
        ("12345678901", "1234567..."),
        ("日本語日本語", "日本語..."),
        ("日本語日本", "日本語日本"),
    ],
)
def test_a_text_is_cut_to_ten_columns(text: str, short: str) -> None:
    assert shortened(text, 10) == short


def test_a_long_text_is_bounded_and_says_by_how_much() -> None:
    assert bounded("x" * 5000) == "x" * 4000 + "... (1,000 more characters)"
    assert bounded("x" * 4000) == "x" * 4000


def test_lines_are_wrapped_between_words_and_indented() -> None:
    assert wrapped("one two three four", 12, indent="  ", hanging="    ") == ["  one two", "    three", "    four"]


def test_a_word_too_long_stays_whole() -> None:
    assert wrapped("see https://db.example.com/a/long/path now", 10) == [
        "see",
        "https://db.example.com/a/long/path",
        "now",
    ]


def test_line_feeds_are_kept() -> None:
    assert wrapped("one\n\ntwo", 80, indent="  ") == ["  one", "", "  two"]


@given(st.text(st.sampled_from("ab 日\n"), max_size=80), st.integers(8, 40))
@settings(deadline=None)
def test_wrapping_loses_no_word_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = wrapped(text, width, indent="  ")

    assert " ".join(lines).split() == text.split()
    assert all(display_width(line) <= width or " " not in line.strip() for line in lines)


ROWS: tuple[Row, ...] = (
    {"id": 7, "due_on": "2026-01-01", "paid": True, "note": None},
    {"id": 12, "due_on": "2026-01-02", "paid": False, "note": "a\nb"},
)


def test_rows_become_a_table_with_numbers_to_the_right() -> None:
    assert evidence_table(ROWS, 80) == [
        "id  due_on      paid   note",
        " 7  2026-01-01  true   NULL",
        "12  2026-01-02  false  a b",
    ]


def test_no_rows_make_no_table() -> None:
    assert evidence_table((), 80) == []


def test_five_rows_are_shown_and_the_rest_counted() -> None:
    assert evidence_table(tuple({"id": n} for n in range(7)), 80)[-2:] == [" 4", "(2 more rows)"]
    assert evidence_table(tuple({"id": n} for n in range(6)), 80)[-1] == "(1 more row)"


def test_columns_that_do_not_fit_are_counted() -> None:
    assert evidence_table(ROWS, 16) == [
        "id  due_on",
        " 7  2026-01-01",
        "12  2026-01-02",
        "(2 more columns)",
    ]


def test_row_that_has_nothing_in_the_columns_shown_is_counted_and_no_blank_line() -> None:
    rows = ({"table": "users", "column": "name"}, {"statement": "UPDATE users SET name = NULL"})
    assert evidence_table(rows, 20) == ["table  column", "users  name", "(1 more row, 1 more column)"]


def test_a_value_is_cut_at_sixty_columns() -> None:
    assert evidence_table(({"v": "x" * 61},), 100)[1] == "x" * 57 + "..."


def test_wide_characters_keep_columns_aligned() -> None:
    assert evidence_table(({"a": "日本", "b": 1}, {"a": "x", "b": 2}), 80) == ["a     b", "日本  1", "x     2"]


def test_rows_need_not_have_the_same_columns() -> None:
    assert evidence_table(({"a": 1}, {"b": 2}), 80) == ["a  b", "1", "   2"]


@given(st.lists(st.dictionaries(texts, values, max_size=4), max_size=8), st.integers(10, 100))
@settings(deadline=None)
def test_any_rows_make_single_lines(rows: list[Row], width: int) -> None:
    lines = evidence_table(rows, width)

    assert [line for line in lines if visible(line) != line or "\n" in line] == []
    assert len(lines) <= 7
