"""MIG003."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.checks.migrations.reapplies import reapplies
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import Downgrade, DowngradeRule
from tests.checks.migrations.records import AGAIN, BROKEN, COLUMN, DOWN, ORDER, UP, messages, revision


def test_second_upgrade_that_fails_is_a_finding() -> None:
    assert messages(reapplies(revision(UP, DOWN, replace(AGAIN, failure=BROKEN)))) == [
        "upgrade again of 'r1' fails (versions/r1.py:21): UndefinedTable: relation \"t\" does not exist"
    ]


def test_another_schema_is_a_finding() -> None:
    assert messages(reapplies(revision(UP, DOWN, replace(AGAIN, difference=COLUMN)))) == [
        "upgrade again of 'r1' gives another schema than the first (versions/r1.py:14):"
        " + column x of table t (type text)"
    ]


def test_another_order_of_columns_is_an_info() -> None:
    (finding,) = reapplies(revision(UP, DOWN, replace(AGAIN, difference=ORDER)))
    assert finding.severity is Severity.INFO


def test_equal_schema_is_no_finding() -> None:
    assert list(reapplies(revision(UP, DOWN, AGAIN))) == []


def test_nothing_to_put_in_again_is_skipped() -> None:
    for record in (revision(UP, irreversible="no"), revision(UP, DOWN, downgrade=Downgrade.EMPTY)):
        with pytest.raises(DoesNotApply, match="nothing to put in again"):
            list(reapplies(record))


def test_failed_downgrade_is_said_once_and_not_again() -> None:
    with pytest.raises(DoesNotApply, match=r"its downgrade fails \(see reverses\)"):
        list(reapplies(revision(UP, replace(DOWN, failure=BROKEN))))


def test_nothing_is_put_in_again_where_downgrades_are_ignored() -> None:
    with pytest.raises(DoesNotApply, match="downgrades are not judged"):
        list(reapplies(revision(UP, DOWN, replace(AGAIN, difference=COLUMN)), DowngradeRule.IGNORED))
