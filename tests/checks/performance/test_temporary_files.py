"""PRF012."""

from __future__ import annotations

from pytest_dbops.checks.performance.temporary_files import temporary_files
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of

SORT = "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT n FROM generate_series(1, 200000) AS n ORDER BY -n) AS s"


def test_sorts_on_the_disk_are_found(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: target.admin(SORT))
    findings = ask(
        temporary_files, statistics=statistics, history=history, thresholds={"warn_bytes_per_hour": 1_000_000}
    )
    assert facts(findings, temporary_files) == [("work_mem", Severity.WARNING)]


def test_sorts_before_the_window_are_not_counted(target: Target) -> None:
    target.admin(SORT)
    statistics, history = an_hour_of(target, lambda: None)
    thresholds = {"warn_bytes_per_hour": 1_000_000}
    assert ask(temporary_files, statistics=statistics, history=history, thresholds=thresholds) == []
