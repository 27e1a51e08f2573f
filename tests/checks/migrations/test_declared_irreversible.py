"""MIG009."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.migrations.declared_irreversible import declared_irreversible
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import DowngradeRule, Walk, WalkedRevision
from tests.checks.migrations.records import AGAIN, DOWN, UP, revision


def walk(*revisions: WalkedRevision) -> Walk:
    """Return a walk over these."""
    return Walk("sqlite", "SQLite 3.40", ("r1",), revisions)


def test_declared_irreversible_has_its_words() -> None:
    assert list(declared_irreversible(walk(revision(UP, irreversible="rows are merged")), DowngradeRule.DECLARED)) == [
        Finding("r1", "'r1' is declared irreversible (versions/r1.py:18): rows are merged", identity="irreversible")
    ]


def test_missing_reason_is_said() -> None:
    (found,) = declared_irreversible(walk(revision(UP, irreversible="")), DowngradeRule.DECLARED)
    assert found.message == "'r1' is declared irreversible (versions/r1.py:18), without a reason"


def test_it_is_an_error_where_downgrades_are_required() -> None:
    (found,) = declared_irreversible(walk(revision(UP, irreversible="gone")), DowngradeRule.REQUIRED)
    assert (found.severity, found.hint) == (
        Severity.ERROR,
        '[migrations] downgrades = "required" asks for a downgrade',
    )


def test_nothing_is_asked_where_they_are_ignored() -> None:
    with pytest.raises(DoesNotApply, match="downgrades are not judged"):
        list(declared_irreversible(walk(revision(UP, irreversible="gone")), DowngradeRule.IGNORED))


def test_revision_with_a_downgrade_is_none() -> None:
    assert list(declared_irreversible(walk(revision(UP, DOWN, AGAIN)), DowngradeRule.REQUIRED)) == []
