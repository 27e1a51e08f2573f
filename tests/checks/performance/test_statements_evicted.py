"""PRF006."""

from __future__ import annotations

from pytest_dbops.checks.performance.statements_evicted import statements_evicted
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of


def _shapes(target: Target, number: int) -> None:
    with target.connect() as connection:
        for width in range(1, number + 1):
            connection.execute("SELECT " + ", ".join(["1"] * width))


def test_evictions_are_found(counting_target: Target) -> None:
    statistics, history = an_hour_of(counting_target, lambda: _shapes(counting_target, 300))
    findings = ask(statements_evicted, statistics=statistics, history=history)
    assert facts(findings, statements_evicted) == [("pg_stat_statements.max", Severity.WARNING)]
    assert findings[0].hint == "ALTER SYSTEM SET pg_stat_statements.max = 200; and restart"


def test_few_shapes_are_fine(counting_target: Target) -> None:
    counting_target.admin("SELECT pg_stat_statements_reset()")
    statistics, history = an_hour_of(counting_target, lambda: _shapes(counting_target, 3))
    assert ask(statements_evicted, statistics=statistics, history=history) == []
