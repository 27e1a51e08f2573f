"""PRF003."""

from __future__ import annotations

from pytest_dbops.checks.performance.sequential_scans_of_big_table import sequential_scans_of_big_table
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of

FILL = "CREATE TABLE entry AS SELECT n FROM generate_series(1, 20000) AS n; ANALYZE entry"
WHOLE = "SELECT count(*) FROM entry;"
ONE_ROW = "SELECT n FROM entry LIMIT 1;"


def _scanned(target: Target, statement: str):
    target.admin(FILL)
    target.admin("ANALYZE entry")
    statistics, history = an_hour_of(target, lambda: [target.admin(statement * 10) for _ in range(6)])
    return ask(sequential_scans_of_big_table, statistics=statistics, history=history)


def test_big_table_read_from_end_to_end_is_found(target: Target) -> None:
    findings = _scanned(target, WHOLE)
    assert facts(findings, sequential_scans_of_big_table) == [("entry", Severity.WARNING)]


def test_scans_that_stop_early_are_fine(target: Target) -> None:
    assert _scanned(target, ONE_ROW) == []


def test_scans_before_the_window_are_not_counted(target: Target) -> None:
    target.admin(FILL)
    target.admin(WHOLE * 60)
    statistics, history = an_hour_of(target, lambda: None)
    assert ask(sequential_scans_of_big_table, statistics=statistics, history=history) == []
