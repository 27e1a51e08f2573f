"""A finding is known again by its rule and its object, never by a number it measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_dbops.core.finding import Code, Finding, in_reading_order, normalised_sql
from pytest_dbops.core.severity import Severity

FINDING = Finding("public.invoice", "41 of 100 rows are empty", code=Code("INT004"))


def test_fingerprint_is_sixteen_hex_digits() -> None:
    assert len(FINDING.fingerprint) == 16
    assert set(FINDING.fingerprint) <= set("0123456789abcdef")


def test_fingerprint_ignores_message_hint_evidence_and_severity() -> None:
    again = Finding("public.invoice", "42 of 100 rows are empty", "look", ({"id": 1},), code=Code("INT004"))

    assert again.fingerprint == FINDING.fingerprint


@pytest.mark.parametrize(
    "other",
    [
        Finding("public.invoice", "", code=Code("INT005")),
        Finding("public.customer", "", code=Code("INT004")),
        Finding("public.invoice", "", identity="ix_invoice_due", code=Code("INT004")),
    ],
    ids=["code", "subject", "identity"],
)
def test_fingerprint_tells_rule_object_and_identity_apart(other: Finding) -> None:
    assert other.fingerprint != FINDING.fingerprint


def test_fingerprint_of_a_statement_ignores_its_numbers_and_white_space() -> None:
    one = Finding("app", "", identity="SELECT *\n  FROM invoice WHERE total > 12.5", code=Code("PRF002"))
    two = Finding("app", "", identity="select * from invoice where total > 99", code=Code("PRF002"))

    assert one.fingerprint == two.fingerprint


def test_fingerprint_survives_a_lone_surrogate() -> None:
    assert len(Finding("\ud800", "").fingerprint) == 16


def test_parts_of_a_fingerprint_do_not_run_into_each_other() -> None:
    one = Finding("ab", "", identity="c", code=Code("SCH001"))
    two = Finding("a", "", identity="bc", code=Code("SCH001"))

    assert one.fingerprint != two.fingerprint


def test_normalised_sql_has_no_literal_numbers_and_single_blanks() -> None:
    assert normalised_sql("  SELECT 1,\t22.5 FROM t ") == "select ?, ? from t"


def test_findings_are_read_worst_first_and_as_a_person_counts() -> None:
    subjects = ["t[id=10]", "t[id=2]", "t[id=a]", "s"]
    found = [Finding(subject, "", severity=Severity.ERROR) for subject in subjects]
    total = Finding("r", "", severity=Severity.ERROR, stands_for=9)
    worst = Finding("z", "", severity=Severity.CRITICAL)

    ordered = in_reading_order([total, *found, worst])

    assert [finding.subject for finding in ordered] == ["z", "s", "t[id=2]", "t[id=10]", "t[id=a]", "r"]


@given(st.lists(st.text()))
def test_any_subjects_can_be_ordered(subjects: list[str]) -> None:
    found = [Finding(subject, "") for subject in subjects]

    assert sorted(f.subject for f in in_reading_order(found)) == sorted(subjects)
