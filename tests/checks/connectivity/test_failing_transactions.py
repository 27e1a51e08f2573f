"""CON019."""

from __future__ import annotations

import contextlib

import psycopg

from pytest_dbops.checks.connectivity.failing_transactions import failing_transactions
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of


def _deadlock(target: Target) -> None:
    """Let two sessions wait for one another; the server ends one of them."""
    one, other = target.begin(), target.begin()
    one.execute("SET LOCAL deadlock_timeout = '10ms'")
    one.execute("UPDATE item SET id = id WHERE id = 1")
    other.execute("UPDATE item SET id = id WHERE id = 2")
    one.pgconn.send_query(b"UPDATE item SET id = id WHERE id = 2")
    with contextlib.suppress(psycopg.errors.DeadlockDetected):
        other.execute("SET LOCAL deadlock_timeout = '10ms'")
        other.execute("UPDATE item SET id = id WHERE id = 1")
    one.close()
    other.close()


def _rollbacks(target: Target, number: int) -> None:
    with target.connect() as connection:
        for _ in range(number):
            connection.execute("BEGIN")
            connection.execute("ROLLBACK")


def test_deadlock_is_found(target: Target) -> None:
    target.admin("CREATE TABLE item AS SELECT n AS id FROM generate_series(1, 2) AS n")
    statistics, history = an_hour_of(target, lambda: _deadlock(target))
    findings = ask(failing_transactions, statistics=statistics, history=history)
    assert facts(findings, failing_transactions) == [("deadlocks", Severity.WARNING)]


def test_many_rollbacks_are_found(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: _rollbacks(target, 200))
    thresholds = {"fewest_transactions": 100}
    findings = ask(failing_transactions, statistics=statistics, history=history, thresholds=thresholds)
    assert facts(findings, failing_transactions) == [("rollbacks", Severity.ERROR)]


def test_a_few_rollbacks_are_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: _rollbacks(target, 20))
    assert ask(failing_transactions, statistics=statistics, history=history) == []
