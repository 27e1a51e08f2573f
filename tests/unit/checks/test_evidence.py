"""Evidence is bounded, JSON only, and tells nothing personal."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_dbops.core.evidence import LONGEST_VALUE, as_evidence, json_value, key_text, masked, usual_key

ROW = {
    "org_id": 1,
    "id": 17,
    "name": "Ada Example",
    "net": Decimal("12.50"),
    "photo": b"\x89PNG",
    "due": date(2026, 2, 28),
}


def test_keys_numbers_and_dates_are_shown_and_text_is_masked() -> None:
    assert as_evidence(ROW) == {
        "org_id": 1, "id": 17, "name": "(text, 11 characters)", "net": "12.50",
        "photo": "(binary, 4 bytes)", "due": "2026-02-28",
    }  # fmt: skip


def test_a_named_column_is_shown() -> None:
    assert as_evidence(ROW, show=("name",))["name"] == "Ada Example"


def test_a_declared_key_replaces_the_usual_one() -> None:
    assert key_text({"number": "B-1", "id": 3}, ("number",)) == "number=B-1"


def test_usual_keys_are_ids_and_codes() -> None:
    assert usual_key({"customer_id": 1, "code": "x", "note": "y"}) == ("customer_id", "code")


def test_a_row_without_a_key_is_known_by_its_masked_first_column() -> None:
    assert key_text({"email": "ada@example.com"}) == "email=(text, 15 characters)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None), (True, True), (3, 3), (2.5, 2.5), (float("nan"), "nan"), (float("inf"), "inf"),
        (Decimal("1E+2"), "1E+2"), (timedelta(hours=30), "1 day, 6:00:00"), (time(12, 30), "12:30:00"),
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"), (memoryview(b"abc"), "(binary, 3 bytes)"),
    ],
)  # fmt: skip
def test_values_of_drivers_become_json(value: object, shown: object) -> None:
    assert json_value(value) == shown


@pytest.mark.parametrize("value", [["ada@example.com"], {"mail": "ada@example.com"}, ("ada@example.com",)])
def test_documents_are_masked(value: object) -> None:
    assert masked(value) == "(document, 1 entries)"


@given(st.text(min_size=LONGEST_VALUE * 2))
def test_long_text_is_bounded(text: str) -> None:
    assert len(str(json_value(text))) < LONGEST_VALUE + 40


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(), st.lists))
def test_every_value_is_json_afterwards(value: object) -> None:
    assert json.loads(json.dumps(json_value(value))) == json_value(value)


@given(st.text(min_size=4), st.text(min_size=1))
def test_masked_text_is_not_in_the_evidence(text: str, name: str) -> None:
    shown = as_evidence({"id": 1, "x" + name: text})
    assert shown["x" + name] == f"(text, {len(text)} characters)" or ("x" + name).endswith("_id")
