"""BAK005."""

from __future__ import annotations

from pytest_dbops.checks.backup.restore_not_rehearsed import restore_not_rehearsed
from pytest_dbops.core.backups import Drill
from pytest_dbops.core.severity import Severity
from tests.checks.backup.records import Kept, drill
from tests.checks.connectivity.asking import ask, environment_at

ENVIRONMENT = environment_at("postgresql://db.example.com/books")
ERROR, WARNING = Severity.ERROR, Severity.WARNING


def _seen(*drills: Drill, **thresholds: float) -> list[tuple[str, Severity | None]]:
    given = {"backups": Kept(held=drills), "environment": ENVIRONMENT, "thresholds": thresholds}
    return [(each.identity, each.severity) for each in ask(restore_not_rehearsed, **given)]


def test_restore_that_was_never_rehearsed_is_found() -> None:
    assert _seen() == [("age", None)]


def test_drill_of_long_ago_is_found() -> None:
    assert _seen(drill(9)) == [("age", WARNING)]
    assert _seen(drill(40)) == [("age", ERROR)]


def test_drill_of_this_week_is_fine() -> None:
    assert _seen(drill(40, problem="no space left"), drill(7)) == []


def test_drill_that_failed_is_found_whatever_went_well_before() -> None:
    assert _seen(drill(1, problem="ERROR: could not create index"), drill(3)) == [("failed", None)]
    assert _seen(drill(1, problem="ERROR: could not create index"), drill(9)) == [("failed", None), ("age", WARNING)]


def test_drill_that_compared_nothing_is_none() -> None:
    assert _seen(drill(1, tables=0)) == [("failed", None)]


def test_restore_that_takes_longer_than_agreed_is_found() -> None:
    assert _seen(drill(1, seconds=1801), rto_s=1800) == [("rto", None)]
    assert _seen(drill(1, seconds=1800), rto_s=1800) == []
    assert _seen(drill(1, seconds=90_000)) == []
