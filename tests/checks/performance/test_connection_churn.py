"""PRF020."""

from __future__ import annotations

from pytest_dbops.checks.performance.connection_churn import connection_churn
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of


def _sessions(target: Target) -> None:
    for _ in range(10):
        target.connect().close()


def test_many_sessions_are_found(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: _sessions(target))
    findings = ask(connection_churn, statistics=statistics, history=history, thresholds={"sessions_per_second": 0.002})
    assert facts(findings, connection_churn) == [("sessions", Severity.WARNING)]


def test_few_sessions_are_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: _sessions(target))
    assert ask(connection_churn, statistics=statistics, history=history) == []
