"""CON009."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_dbops.checks.connectivity.timeout_not_set import timeout_not_set
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, environment_at, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target

ONLY_LOCK = {"required": ("lock_timeout",)}
NAMES = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture
def settled(target: Target) -> Iterator[Target]:
    """A target whose roles lose their settings afterwards."""
    yield target
    target.admin(f"ALTER ROLE {PLAIN} RESET ALL")
    target.admin(f"ALTER ROLE {MONITOR} RESET ALL")


def _asked(target: Target, **options: object) -> list[tuple[str, Severity]]:
    url = target.url(MONITOR)
    findings = ask(
        timeout_not_set, statistics=statistics_of(url), environment=environment_at(url), thresholds=dict(options)
    )
    return facts(findings, timeout_not_set)


def test_each_timeout_that_is_off_is_a_warning(target: Target) -> None:
    url = target.url(MONITOR)
    findings = ask(timeout_not_set, statistics=statistics_of(url), environment=environment_at(url))
    assert facts(findings, timeout_not_set) == [(name, Severity.WARNING) for name in NAMES]
    assert findings[0].message == "statement_timeout is 0 (no limit) for 1 of 1 login roles: plain"


def test_timeouts_of_the_database_hold_for_all_roles(target: Target) -> None:
    for name in NAMES:
        target.admin(f"ALTER DATABASE target SET {name} = '30s'")
    assert _asked(target) == []


def test_timeouts_of_the_role_are_enough(settled: Target) -> None:
    settled.admin(f"ALTER ROLE {PLAIN} SET lock_timeout = '3s'")
    assert _asked(settled, **ONLY_LOCK) == []


def test_role_that_switches_the_timeout_off_is_found(settled: Target) -> None:
    settled.admin("ALTER DATABASE target SET lock_timeout = '3s'")
    settled.admin(f"ALTER ROLE {PLAIN} IN DATABASE target SET lock_timeout = '0ms'")
    assert _asked(settled, **ONLY_LOCK) == [("lock_timeout", Severity.WARNING)]


def test_own_setting_that_hides_the_servers_is_an_info(settled: Target) -> None:
    settled.admin(f"ALTER ROLE {MONITOR} SET lock_timeout = '1s'")
    assert _asked(settled, **ONLY_LOCK) == [("lock_timeout", Severity.INFO)]


def test_gate_that_logs_in_as_the_only_role_judges_itself(settled: Target) -> None:
    settled.admin(f"ALTER ROLE {PLAIN} NOLOGIN")
    findings = _asked(settled, **ONLY_LOCK)
    settled.admin(f"ALTER ROLE {PLAIN} LOGIN")
    assert findings == [("lock_timeout", Severity.WARNING)]


def test_setting_the_server_does_not_know_is_not_asked_for(target: Target) -> None:
    assert _asked(target, required=("no_such_timeout",)) == []


@pytest.mark.parametrize(
    ("query", "expected"), [("?timeout=0", [("timeout", Severity.WARNING)]), ("?timeout=5", []), ("", [])]
)
def test_url_that_never_waits_for_a_busy_file_is_found(
    database: Path, query: str, expected: list[tuple[str, Severity]]
) -> None:
    statistics = statistics_of(sqlite_url(database))
    environment = environment_at(sqlite_url(database, query))
    assert facts(ask(timeout_not_set, statistics=statistics, environment=environment), timeout_not_set) == expected
