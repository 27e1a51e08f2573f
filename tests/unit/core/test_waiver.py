"""Waivers excuse by code and glob, in their environments, until their last day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.waiver import WaivedFinding, Waiver, split_waived

TODAY = date(2026, 10, 20)
WAIVER = Waiver(Code("PRF002"), "public.invoice*", "ops@example.com", "being rebuilt", date(2026, 10, 20))
FINDING = Finding("public.invoice.due_on", "is slow", code=Code("PRF002"))


def test_a_waiver_counts_on_its_last_day_and_not_after() -> None:
    assert not WAIVER.is_expired(TODAY)
    assert WAIVER.is_expired(TODAY + timedelta(days=1))


def test_a_waiver_runs_for_180_days_at_most() -> None:
    assert not replace(WAIVER, expires=TODAY + timedelta(days=180)).is_too_long(TODAY)
    assert replace(WAIVER, expires=TODAY + timedelta(days=181)).is_too_long(TODAY)


def test_a_waiver_without_environments_counts_in_all() -> None:
    assert WAIVER.counts_in("staging")


def test_a_waiver_with_environments_counts_in_those_alone() -> None:
    waiver = replace(WAIVER, environments=("production",))

    assert waiver.counts_in("production")
    assert not waiver.counts_in("staging")


@pytest.mark.parametrize(
    "other",
    [
        replace(FINDING, code=Code("PRF003")),
        replace(FINDING, subject="public.customer"),
        replace(FINDING, subject="PUBLIC.INVOICE"),
    ],
    ids=["another code", "another subject", "another case"],
)
def test_a_waiver_excuses_nothing_else(other: Finding) -> None:
    assert WAIVER.matches(FINDING)
    assert not WAIVER.matches(other)


def test_a_waiver_names_code_subject_date_and_owner() -> None:
    assert WAIVER.label == "PRF002 public.invoice* (until 2026-10-20, ops@example.com)"


def test_findings_are_split_in_order_by_the_first_waiver_that_matches() -> None:
    other = replace(FINDING, subject="public.customer")
    broad = replace(WAIVER, subject="*.due_on")

    standing, waived = split_waived([other, FINDING], [WAIVER, broad], environment="staging", today=TODAY)

    assert standing == (other,)
    assert waived == (WaivedFinding(FINDING, WAIVER),)


@pytest.mark.parametrize(
    "waiver",
    [replace(WAIVER, expires=TODAY - timedelta(days=1)), replace(WAIVER, environments=("production",))],
    ids=["expired", "elsewhere"],
)
def test_a_waiver_out_of_force_excuses_nothing(waiver: Waiver) -> None:
    standing, waived = split_waived([FINDING], [waiver], environment="staging", today=TODAY)

    assert (standing, waived) == ((FINDING,), ())
