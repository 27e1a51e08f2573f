"""MIG002."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.checks.migrations.reverses import reverses
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import Downgrade, DowngradeRule
from tests.checks.migrations.records import AGAIN, BROKEN, COLUMN, DOWN, ORDER, UP, messages, revision


def test_residue_is_a_finding_that_shows_it() -> None:
    assert list(reverses(revision(UP, replace(DOWN, difference=COLUMN), AGAIN))) == [
        Finding(
            "r1",
            "downgrade of 'r1' does not restore the schema (versions/r1.py:18): + column x of table t (type text)",
            evidence=({"change": "added", "what": "table t column x", "before": None, "after": "type text"},),
            identity="residue",
        )
    ]


@pytest.mark.parametrize(
    ("downgrade", "words"),
    [(Downgrade.EMPTY, "its downgrade does nothing"), (Downgrade.MISSING, "it has no downgrade")],
)
def test_missing_downgrade_is_said(downgrade: Downgrade, words: str) -> None:
    (message,) = messages(reverses(revision(UP, replace(DOWN, difference=COLUMN), downgrade=downgrade)))
    assert f"(versions/r1.py:18); {words}: + column x" in message


def test_failed_downgrade_is_a_finding() -> None:
    assert messages(reverses(revision(UP, replace(DOWN, failure=BROKEN)))) == [
        "downgrade of 'r1' fails (versions/r1.py:21): UndefinedTable: relation \"t\" does not exist"
    ]


def test_another_order_of_columns_is_an_info() -> None:
    (finding,) = reverses(revision(UP, replace(DOWN, difference=ORDER), AGAIN))
    assert (finding.severity, finding.identity) == (Severity.INFO, "column order")


def test_declared_irreversible_is_said_elsewhere() -> None:
    with pytest.raises(DoesNotApply, match=r"\(see declared_irreversible\)"):
        list(reverses(revision(UP, irreversible="rows are merged")))


@pytest.mark.parametrize("downgrade", [Downgrade.EMPTY, Downgrade.MISSING])
def test_downgrade_that_leaves_rows_as_they_are_is_a_finding_where_one_is_required(downgrade: Downgrade) -> None:
    done = revision(UP, DOWN, downgrade=downgrade)

    assert list(reverses(done)) == []
    (message,) = messages(reverses(done, DowngradeRule.REQUIRED))
    assert message.startswith("'r1' cannot be taken back (versions/r1.py:18): ")
    assert list(reverses(replace(done, is_empty=True), DowngradeRule.REQUIRED)) == []


def test_ignored_downgrade_is_not_judged() -> None:
    with pytest.raises(DoesNotApply, match="downgrades are not judged"):
        list(reverses(revision(UP, replace(DOWN, difference=COLUMN)), DowngradeRule.IGNORED))


def test_exact_downgrade_is_no_finding() -> None:
    assert list(reverses(revision(UP, DOWN, AGAIN))) == []


def test_failed_upgrade_is_said_once_and_not_again() -> None:
    with pytest.raises(DoesNotApply, match=r"its upgrade fails \(see applies\)"):
        list(reverses(revision(replace(UP, failure=BROKEN))))


def test_revision_that_was_not_reached_is_never_a_pass() -> None:
    with pytest.raises(CannotJudge, match="revision r0 does not apply"):
        list(reverses(revision(blocked_by="r0")))
