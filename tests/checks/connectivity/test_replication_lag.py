"""CON015."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.connectivity.replication_lag import replication_lag
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import PLAIN, REPLICA, Pair, Target

NOTHING = {"warn_bytes": 0, "fail_bytes": 1 << 40}


def test_replica_behind_in_bytes_is_found_on_the_primary(paused: Pair) -> None:
    findings = ask(replication_lag, statistics=statistics_of(paused.primary.url()), thresholds={"fail_bytes": 1})
    assert (REPLICA, Severity.ERROR) in facts(findings, replication_lag)
    assert f"replica {REPLICA!r} is " in findings[0].message
    assert findings[0].message.endswith(" behind; the limit is 1 bytes")


def test_replica_past_the_warning_only_is_a_warning(paused: Pair) -> None:
    findings = ask(replication_lag, statistics=statistics_of(paused.primary.url()), thresholds={"warn_bytes": 1})
    assert facts(findings, replication_lag) == [(REPLICA, Severity.WARNING)]


def test_paused_replay_is_found_on_the_standby(paused: Pair) -> None:
    findings = ask(replication_lag, statistics=statistics_of(paused.standby.url()), thresholds=NOTHING)
    assert ("standby", Severity.ERROR) in facts(findings, replication_lag)
    assert "replay is paused (state 'paused')" in [finding.message for finding in findings]


def test_replica_that_keeps_up_is_fine_on_both_sides(pair: Pair) -> None:
    pair.catch_up()
    for node in (pair.primary, pair.standby):
        assert ask(replication_lag, statistics=statistics_of(node.url())) == []


def test_server_without_replicas_is_fine_to_every_role(target: Target) -> None:
    assert ask(replication_lag, statistics=statistics_of(target.url(PLAIN))) == []


def test_role_that_sees_no_positions_gets_no_answer(pair: Pair) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(replication_lag, statistics=statistics_of(pair.primary.url(role=PLAIN)))


@pytest.mark.parametrize(
    ("standby", "expected"),
    [
        ({"is_receiving": False, "lag_bytes": 0.0, "replayed_s": 400.0}, [("standby", Severity.ERROR)]),
        ({"is_receiving": True, "lag_bytes": 0.0, "replayed_s": 400.0}, []),
        ({"is_receiving": True, "lag_bytes": 9.0, "replayed_s": 40.0}, [("standby", Severity.WARNING)]),
        ({"is_receiving": False, "lag_bytes": None, "replayed_s": None}, []),
    ],
)
def test_standby_that_receives_nothing_is_as_old_as_its_last_transaction(
    standby: dict[str, object], expected: list[tuple[str, Severity]]
) -> None:
    recorded = Statistics(
        dialect="postgresql", version=(17, 6), taken_at="", settings={}, unreadable={},
        parts={"replicas": (), "standby": ({"pause_state": "not paused", **standby},)},
    )  # fmt: skip
    assert facts(ask(replication_lag, statistics=recorded), replication_lag) == expected
