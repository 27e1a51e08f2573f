"""CON021."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pytest_dbops.checks.connectivity.clock_skew import clock_skew, seconds_ahead
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on
from tests.checks.connectivity.conftest import PLAIN, Target

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_clock_of_the_same_machine_is_fine(target: Target) -> None:
    with session_on(target.url(PLAIN)) as session:
        assert ask(clock_skew, session=session) == []


@pytest.mark.parametrize(
    ("thresholds", "severity"), [({"fail_s": 0}, Severity.ERROR), ({"warn_s": 0}, Severity.WARNING)]
)
def test_skew_past_the_limit_is_found(target: Target, thresholds: dict[str, float], severity: Severity) -> None:
    with session_on(target.url(PLAIN)) as session:
        findings = ask(clock_skew, session=session, thresholds=thresholds)
    assert facts(findings, clock_skew) == [("clock", severity)]


@pytest.mark.parametrize(("server_s", "expected"), [(-7, -7.0), (0, 0.0), (1, 0.0), (2, 0.0), (9, 7.0)])
def test_time_on_the_way_counts_in_favour_of_the_server(server_s: int, expected: float) -> None:
    assert seconds_ahead(NOON, NOON + timedelta(seconds=server_s), NOON + timedelta(seconds=2)) == expected
