"""CON006."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.connectivity.connections_nearly_exhausted import connections_nearly_exhausted
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, SETTINGS, Target

USABLE = int(dict(SETTINGS)["max_connections"]) - 3
NEARLY_ALL = int(0.92 * USABLE) + 1


def _crowd(target: Target, sessions: int) -> None:
    for _ in range(sessions):
        target.connect(PLAIN)


def test_server_with_nearly_all_connections_taken_is_an_error(target: Target) -> None:
    _crowd(target, NEARLY_ALL - 2)
    findings = ask(connections_nearly_exhausted, statistics=statistics_of(target.url(MONITOR)))
    assert facts(findings, connections_nearly_exhausted) == [("server", Severity.ERROR)]
    assert f"of {USABLE} connections are taken" in findings[0].message


def test_server_past_the_warning_is_a_warning(target: Target) -> None:
    statistics = statistics_of(target.url(MONITOR))
    findings = ask(connections_nearly_exhausted, statistics=statistics, thresholds={"warn_percent": 2})
    assert facts(findings, connections_nearly_exhausted) == [("server", Severity.WARNING)]


@pytest.mark.parametrize("role", [MONITOR, PLAIN])
def test_server_with_room_is_fine_to_every_role(target: Target, role: str) -> None:
    assert ask(connections_nearly_exhausted, statistics=statistics_of(target.url(role))) == []


def test_role_that_sees_no_kinds_of_session_never_fails_on_its_count(target: Target) -> None:
    _crowd(target, NEARLY_ALL - 2)
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(connections_nearly_exhausted, statistics=statistics_of(target.url(PLAIN)))


def test_reserved_connections_are_not_usable(target: Target) -> None:
    statistics = statistics_of(target.url(MONITOR))
    [finding] = ask(connections_nearly_exhausted, statistics=statistics, thresholds={"fail_percent": 0})
    assert f"of {USABLE} connections" in finding.message
