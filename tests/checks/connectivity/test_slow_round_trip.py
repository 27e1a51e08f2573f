"""CON001."""

from __future__ import annotations

from pathlib import Path

from pytest_dbops.checks.connectivity.slow_round_trip import slow_round_trip
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on, sqlite_url
from tests.checks.connectivity.conftest import Target

IN_TIME = {"warn_ms": 10_000, "fail_ms": 20_000}


def test_round_trip_past_the_limit_is_an_error(target: Target) -> None:
    with session_on(target.url()) as session:
        findings = ask(slow_round_trip, session=session, thresholds={"fail_ms": 0})
    assert facts(findings, slow_round_trip) == [("round trip", Severity.ERROR)]
    assert findings[0].message.endswith(" ms (median); the limit is 0 ms")


def test_round_trip_past_the_warning_is_a_warning(target: Target) -> None:
    with session_on(target.url()) as session:
        findings = ask(slow_round_trip, session=session, thresholds={"warn_ms": 0, "fail_ms": 20_000})
    assert facts(findings, slow_round_trip) == [("round trip", Severity.WARNING)]


def test_quick_round_trip_is_fine(target: Target) -> None:
    with session_on(target.url()) as session:
        assert ask(slow_round_trip, session=session, thresholds=IN_TIME) == []


def test_file_answers_in_time_or_is_found(database: Path) -> None:
    with session_on(sqlite_url(database)) as session:
        assert ask(slow_round_trip, session=session, thresholds=IN_TIME) == []
        findings = ask(slow_round_trip, session=session, thresholds={"fail_ms": 0})
    assert facts(findings, slow_round_trip) == [("round trip", Severity.ERROR)]
