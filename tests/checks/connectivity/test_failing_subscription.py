"""CON018."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_dbops.checks.connectivity.failing_subscription import failing_subscription
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of, wait_until
from tests.checks.connectivity.conftest import PLAIN, Target

RUNNING: dict[str, Any] = {
    "name": "orders", "is_enabled": True, "is_running": True, "apply_errors": 0, "sync_errors": 0,
    "counted_since": None,
}  # fmt: skip


def test_disabled_subscription_is_found_by_every_role(target: Target) -> None:
    target.admin(
        "CREATE SUBSCRIPTION orders CONNECTION 'host=/nowhere password=swordfish' PUBLICATION orders "
        "WITH (connect = false)"
    )
    findings = ask(failing_subscription, statistics=statistics_of(target.url(PLAIN)))
    assert facts(findings, failing_subscription) == [("orders", Severity.ERROR)]
    assert findings[0].message == "subscription 'orders' is disabled"
    assert "swordfish" not in repr(statistics_of(target.url()))


def test_subscription_that_runs_is_fine(target: Target) -> None:
    _subscribe(target)
    wait_until(lambda: statistics_of(target.url()).rows("subscriptions")[0]["is_running"])
    assert ask(failing_subscription, statistics=statistics_of(target.url())) == []


def test_database_without_subscriptions_is_fine(target: Target) -> None:
    assert ask(failing_subscription, statistics=statistics_of(target.url())) == []


@pytest.mark.parametrize(
    ("change", "severity", "message"),
    [
        ({"is_running": False}, Severity.ERROR, "subscription 'orders' has no running worker"),
        (
            {"apply_errors": 2, "sync_errors": 1, "counted_since": "2026-09-01"},
            Severity.WARNING,
            "subscription 'orders' has met 3 errors since 2026-09-01 (2 applying, 1 copying)",
        ),
    ],
)
def test_subscription_that_fails_is_found(change: dict[str, object], severity: Severity, message: str) -> None:
    recorded = Statistics(
        dialect="postgresql", version=(16, 4), taken_at="", settings={},
        parts={"subscriptions": ({**RUNNING, **change},)}, unreadable={},
    )  # fmt: skip
    findings = ask(failing_subscription, statistics=recorded)
    assert facts(findings, failing_subscription) == [("orders", severity)]
    assert findings[0].message == message


def _subscribe(target: Target) -> None:
    """Follow the same database; its slot is made beforehand, because a server cannot wait for itself."""
    target.admin("CREATE PUBLICATION orders")
    target.admin("SELECT pg_create_logical_replication_slot('orders', 'pgoutput')")
    address = f"host={target.server.host} port={target.server.port} dbname=target user={target.server.superuser}"
    target.admin(
        f"CREATE SUBSCRIPTION orders CONNECTION '{address}' PUBLICATION orders "
        "WITH (create_slot = false, slot_name = orders)"
    )
