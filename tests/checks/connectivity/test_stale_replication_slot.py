"""CON017."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_dbops.checks.connectivity.stale_replication_slot import stale_replication_slot
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import PLAIN, Pair, Target

PHYSICAL = "SELECT pg_create_physical_replication_slot('left_over', true)"
LOGICAL = "SELECT pg_create_logical_replication_slot('left_over', 'pgoutput')"
INACTIVE_SINCE_IS_KNOWN = 17
SLOT: dict[str, Any] = {
    "name": "reader", "kind": "physical", "database": None, "active": True, "temporary": False,
    "wal_status": "reserved", "xmin_age": None, "retained_bytes": 4096.0, "invalidation_reason": None,
    "is_conflicting": False, "is_synced": False, "inactive_s": None,
}  # fmt: skip


@pytest.mark.parametrize("create", [PHYSICAL, LOGICAL])
def test_slot_that_nobody_reads_is_a_warning_to_every_role(target: Target, create: str) -> None:
    target.admin(create)
    statistics = statistics_of(target.url(PLAIN))
    findings = ask(stale_replication_slot, statistics=statistics, thresholds={"inactive_s": 0})
    assert facts(findings, stale_replication_slot) == [("left_over", Severity.WARNING)]


def test_slot_that_keeps_too_much_is_an_error(target: Target) -> None:
    target.admin(PHYSICAL)
    target.admin("CREATE TABLE filler AS SELECT repeat('x', 500) AS text FROM generate_series(1, 500)")
    findings = ask(stale_replication_slot, statistics=statistics_of(target.url()), thresholds={"fail_bytes": 1000})
    assert facts(findings, stale_replication_slot) == [("left_over", Severity.ERROR)]
    assert findings[0].message.endswith("B of WAL; the limit is 1000 bytes")


def test_server_without_slots_is_fine(target: Target) -> None:
    assert ask(stale_replication_slot, statistics=statistics_of(target.url())) == []


def test_slot_that_is_read_is_fine(pair: Pair) -> None:
    statistics = statistics_of(pair.primary.url())
    assert [slot["active"] for slot in statistics.rows("slots")] == [True]
    assert ask(stale_replication_slot, statistics=statistics, thresholds={"inactive_s": 0}) == []


def test_slot_that_stopped_a_moment_ago_waits_where_the_server_knows_since_when(target: Target) -> None:
    target.admin(PHYSICAL)
    expected = [] if target.server.major >= INACTIVE_SINCE_IS_KNOWN else [("left_over", Severity.WARNING)]
    findings = ask(stale_replication_slot, statistics=statistics_of(target.url()))
    assert facts(findings, stale_replication_slot) == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"wal_status": "lost"}, "its WAL is gone"),
        ({"invalidation_reason": "idle_timeout"}, "idle_timeout"),
        ({"is_conflicting": True}, "conflict with recovery"),
    ],
)
def test_lost_slot_is_an_error(change: dict[str, object], reason: str) -> None:
    findings = ask(stale_replication_slot, statistics=_recorded({**SLOT, "active": False, **change}))
    assert facts(findings, stale_replication_slot) == [("reader", Severity.ERROR)]
    assert findings[0].message == f"physical slot 'reader' is lost ({reason})"


@pytest.mark.parametrize("change", [{"temporary": True}, {"is_synced": True}, {"active": True}])
def test_slot_that_need_not_be_read_is_fine(change: dict[str, object]) -> None:
    assert ask(stale_replication_slot, statistics=_recorded({**SLOT, "active": False, **change})) == []


def _recorded(slot: dict[str, object]) -> Statistics:
    return Statistics(
        dialect="postgresql", version=(17, 6), taken_at="", settings={}, parts={"slots": (slot,)}, unreadable={}
    )
