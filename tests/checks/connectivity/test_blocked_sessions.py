"""CON012."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.connectivity.blocked_sessions import blocked_sessions
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target

AT_ONCE = {"warn_s": 0, "fail_s": 0, "fail_sessions": 3}


def _queue(target: Target, waiting: int) -> None:
    """One session holds the table, the others line up behind it."""
    target.admin("CREATE TABLE counter (value integer)")
    target.admin(f"GRANT ALL ON counter TO {PLAIN}")
    holder = target.begin(PLAIN)
    holder.execute("LOCK TABLE counter")
    for _ in range(waiting):
        target.start("BEGIN; LOCK TABLE counter", PLAIN)


def test_session_that_blocks_another_is_a_warning(target: Target) -> None:
    _queue(target, 1)
    findings = ask(blocked_sessions, statistics=statistics_of(target.url(MONITOR)), thresholds=AT_ONCE)
    assert facts(findings, blocked_sessions) == [("plain/app", Severity.WARNING)]
    assert findings[0].message.startswith("'plain/app' blocks 1 session, 1 deep, the longest for ")
    assert [(row["session"], row["relation"], row["mode"]) for row in findings[0].evidence] == [
        ("plain/app", "counter", "AccessExclusiveLock")
    ]


def test_long_queue_is_an_error_that_names_its_head_alone(target: Target) -> None:
    _queue(target, 3)
    findings = ask(blocked_sessions, statistics=statistics_of(target.url(MONITOR)), thresholds=AT_ONCE)
    assert facts(findings, blocked_sessions) == [("plain/app", Severity.ERROR)]
    assert findings[0].message.startswith("'plain/app' blocks 3 sessions, ")


def test_wait_behind_a_prepared_transaction_is_found(target: Target) -> None:
    target.admin("CREATE TABLE counter (value integer)")
    two_phase = target.begin()
    two_phase.execute("LOCK TABLE counter")
    two_phase.execute("PREPARE TRANSACTION 'half done'")
    target.start("BEGIN; LOCK TABLE counter")
    findings = ask(blocked_sessions, statistics=statistics_of(target.url(MONITOR)), thresholds=AT_ONCE)
    assert facts(findings, blocked_sessions) == [("prepared transaction", Severity.WARNING)]


def test_every_role_sees_who_waits(target: Target) -> None:
    _queue(target, 1)
    findings = ask(blocked_sessions, statistics=statistics_of(target.url(PLAIN)), thresholds=AT_ONCE)
    assert facts(findings, blocked_sessions) == [("plain/app", Severity.WARNING)]


def test_short_wait_is_fine(target: Target) -> None:
    _queue(target, 1)
    assert ask(blocked_sessions, statistics=statistics_of(target.url(MONITOR))) == []


def test_locks_that_nobody_waits_for_are_fine(target: Target) -> None:
    _queue(target, 0)
    assert ask(blocked_sessions, statistics=statistics_of(target.url(MONITOR)), thresholds=AT_ONCE) == []


def test_writer_that_waits_for_readers_of_a_file_is_found(database: Path) -> None:
    with (
        session_on(sqlite_url(database)) as session,
        closing(sqlite3.connect(database, isolation_level=None)) as writer,
    ):
        writer.execute("PRAGMA busy_timeout = 0")
        writer.execute("BEGIN IMMEDIATE").execute("INSERT INTO item VALUES (1)")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.execute("COMMIT")
        statistics = backend_for("sqlite").read_statistics(session)
    assert facts(ask(blocked_sessions, statistics=statistics), blocked_sessions) == [
        ("write transaction", Severity.WARNING)
    ]


def test_file_without_a_waiting_writer_is_fine(database: Path) -> None:
    assert ask(blocked_sessions, statistics=statistics_of(sqlite_url(database))) == []
