"""PRF019."""

from __future__ import annotations

from dataclasses import replace

from pytest_dbops.checks.performance.slru_misses import slru_misses
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of


def _with_reads(statistics, reads: int):
    """What the server says, with misses put in: a test does not overflow a cache of transactions."""
    rows = [
        {**row, "hits": row["hits"] + 100_000, "reads": row["reads"] + reads}
        for row in statistics.rows("slru_counters")
    ]
    return replace(statistics, parts={**statistics.parts, "slru_counters": rows[:1]})


def test_cache_that_misses_is_found(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: None)
    findings = ask(slru_misses, statistics=_with_reads(statistics, 50_000), history=history)
    assert [severity for _, severity in facts(findings, slru_misses)] == [Severity.WARNING]


def test_cache_that_seldom_misses_is_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: None)
    assert ask(slru_misses, statistics=_with_reads(statistics, 1_000), history=history) == []


def test_server_at_rest_is_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: None)
    assert ask(slru_misses, statistics=statistics, history=history) == []
