"""MIG012; targets of both products are judged in tests/migrations/test_drift.py."""

from __future__ import annotations

from pytest_dbops.checks.migrations.target_drift import target_drift
from pytest_dbops.core.catalog import CatalogDiff, Change, Difference, Facet
from pytest_dbops.core.catalog.drift import drift
from pytest_dbops.core.severity import Severity
from tests.checks.migrations.records import COLUMN

LACKING = Difference("table t", "column y", "", Change.REMOVED, "type text", None, Facet.STRUCTURE)


def test_what_only_the_target_has_is_a_warning() -> None:
    (found,) = target_drift(drift(COLUMN, ()))
    assert (found.severity, found.subject, found.message) == (
        Severity.WARNING,
        "t",
        "the target is not what its revision makes: t: + column x of table t (type text)",
    )


def test_what_the_target_lacks_is_as_bad_as_the_check() -> None:
    (found,) = target_drift(drift(CatalogDiff((*COLUMN.differences, LACKING)), ()))
    assert (found.severity, found.hint) == (None, "+ is what only the target has, - what the target lacks")


def test_target_as_its_revision_makes_it_is_none() -> None:
    assert list(target_drift(drift(CatalogDiff(), ()))) == []
