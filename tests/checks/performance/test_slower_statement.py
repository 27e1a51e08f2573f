"""PRF005."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.performance.slower_statement import slower_statement
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import NOTHING_KEPT, an_hour_of

RUN = "SELECT count(*) FROM entry WHERE n >= %s"
THRESHOLDS = {"fewest_calls": 10, "least_ms": 0}


def _work(target: Target) -> None:
    with target.connect() as connection:
        for number in range(10):
            connection.execute(RUN, [number])


def _grown(target: Target, rows: int):
    target.admin("CREATE TABLE entry AS SELECT n FROM generate_series(1, 10) AS n")
    _work(target)

    def growing() -> None:
        target.admin(f"INSERT INTO entry SELECT n FROM generate_series(1, {rows}) AS n")
        _work(target)

    statistics, history = an_hour_of(target, growing)
    found = ask(slower_statement, statistics=statistics, history=history, thresholds=THRESHOLDS)
    return [each for each in found if "FROM entry" in each.subject and each.subject.startswith("SELECT")]


def test_statement_slower_than_before_is_found(counting_target: Target) -> None:
    findings = _grown(counting_target, 100_000)
    assert facts(findings, slower_statement) == [("SELECT count(*) FROM entry WHERE n >= $1", Severity.ERROR)]
    assert "pages a call" in findings[0].message


def test_statement_below_the_least_time_is_fine(counting_target: Target) -> None:
    target = counting_target
    target.admin("CREATE TABLE entry AS SELECT n FROM generate_series(1, 10) AS n")
    _work(target)
    statistics, history = an_hour_of(target, lambda: _work(target))
    thresholds = {**THRESHOLDS, "least_ms": 10_000}
    assert ask(slower_statement, statistics=statistics, history=history, thresholds=thresholds) == []


def test_nothing_is_compared_without_an_earlier_run(counting_target: Target) -> None:
    with pytest.raises(DoesNotApply, match="compares with an earlier run"):
        ask(slower_statement, statistics=statistics_of(counting_target.url()), history=NOTHING_KEPT)
