"""PRF013."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.performance.waiting_for_locks import waiting_for_locks
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target

BUSY, QUEUE = "SELECT pg_sleep(600)", "BEGIN; LOCK TABLE counter"


def _asked(target: Target, role: str = MONITOR, **thresholds: object) -> list[Finding]:
    with session_on(target.url(role)) as session:
        return ask(waiting_for_locks, session=session, thresholds={"every_ms": 1, **thresholds})


def _work(target: Target, *, busy: int, waiting: int) -> None:
    target.admin("CREATE TABLE counter (value integer)")
    holder = target.begin()
    holder.execute("LOCK TABLE counter")
    for statement in (*[BUSY] * busy, *[QUEUE] * waiting):
        target.start(statement)


def test_sessions_that_wait_more_than_they_work_are_found(target: Target) -> None:
    _work(target, busy=1, waiting=1)
    findings = _asked(target)
    assert facts(findings, waiting_for_locks) == [("lock waits", Severity.ERROR)]
    assert (
        "of 20 times that a session was seen at work, it waited for a lock 10 times (50 %; by lock: relation 10)"
        in (findings[0].message)
    )


def test_few_waits_among_many_are_fine(target: Target) -> None:
    _work(target, busy=3, waiting=1)
    assert _asked(target, warn_percent=30) == []
    assert facts(_asked(target, warn_percent=25), waiting_for_locks) == [("lock waits", Severity.WARNING)]


def test_one_wait_says_nothing_of_the_rest_of_the_day(target: Target) -> None:
    _work(target, busy=0, waiting=1)
    assert _asked(target, samples=9) == []


def test_each_look_is_a_new_one(target: Target) -> None:
    """Within one transaction the server would show the same sessions again and again."""
    with session_on(target.url(MONITOR)) as session:
        assert ask(waiting_for_locks, session=session, thresholds={"samples": 1}) == []
        _work(target, busy=0, waiting=1)
        found = ask(waiting_for_locks, session=session, thresholds={"samples": 1, "fewest_seen": 1})
    assert facts(found, waiting_for_locks) == [("lock waits", Severity.ERROR)]


def test_role_that_does_not_see_others_gets_no_answer(target: Target) -> None:
    _work(target, busy=1, waiting=0)
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        _asked(target, PLAIN)
