"""CON016."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.checks.connectivity.missing_replica import missing_replica
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import PLAIN, REPLICA, Pair, Target


def test_fewer_replicas_than_declared_are_an_error(pair: Pair) -> None:
    findings = ask(missing_replica, statistics=statistics_of(pair.primary.url()), thresholds={"replicas": 2})
    assert facts(findings, missing_replica) == [("replicas", Severity.ERROR)]
    assert findings[0].message == "1 of 2 declared replicas are connected"


def test_declared_replica_that_streams_is_fine(pair: Pair) -> None:
    assert ask(missing_replica, statistics=statistics_of(pair.primary.url()), thresholds={"replicas": 1}) == []


def test_server_that_declares_no_replica_is_fine_to_every_role(target: Target) -> None:
    assert ask(missing_replica, statistics=statistics_of(target.url(PLAIN))) == []


def test_synchronous_replica_that_is_not_there_is_an_error(target: Target) -> None:
    target.admin("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    target.reload("synchronous_standby_names", "nobody")
    statistics = statistics_of(target.url())
    target.admin("ALTER SYSTEM RESET synchronous_standby_names")
    target.reload("synchronous_standby_names", "")
    findings = ask(missing_replica, statistics=statistics)
    assert facts(findings, missing_replica) == [("synchronous_standby_names", Severity.ERROR)]
    assert findings[0].message == "0 of 1 synchronous replicas are connected; commits wait"


@pytest.mark.parametrize(
    ("names", "wanted"),
    [("reader", 1), ("*", 1), ("a, b", 1), ("2 (a, b)", 2), ("FIRST 2 (a, b)", 2), ("any 3 (a, b, c)", 3)],
)
def test_every_spelling_of_synchronous_replicas_is_counted(target: Target, names: str, wanted: int) -> None:
    statistics = statistics_of(target.url())
    recorded = replace(statistics, settings={**statistics.settings, "synchronous_standby_names": names})
    [finding] = ask(missing_replica, statistics=recorded)
    assert finding.message.startswith(f"0 of {wanted} synchronous replicas")


def test_synchronous_replica_that_streams_is_fine(synchronous: Pair) -> None:
    assert ask(missing_replica, statistics=statistics_of(synchronous.primary.url())) == []
    assert synchronous.primary.scalar("SELECT sync_state FROM pg_stat_replication") == "sync"


def test_role_that_sees_no_states_gets_no_answer(synchronous: Pair) -> None:
    url = synchronous.primary.url(role=PLAIN)
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(missing_replica, statistics=statistics_of(url))


@pytest.fixture
def synchronous(pair: Pair):
    """The pair, with commits that wait for the replica."""
    pair.set_synchronous(REPLICA)
    yield pair
    pair.set_synchronous("")
