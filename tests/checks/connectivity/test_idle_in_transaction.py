"""CON008."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.checks.connectivity.idle_in_transaction import idle_in_transaction
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target


def test_session_idle_in_transaction_is_found(target: Target) -> None:
    target.begin(PLAIN)
    findings = ask(idle_in_transaction, statistics=statistics_of(target.url(MONITOR)), thresholds={"fail_s": 0})
    assert facts(findings, idle_in_transaction) == [("plain/app", Severity.ERROR)]
    assert findings[0].message.startswith("'plain/app' has 1 session idle in a transaction, for ")
    assert findings[0].message.endswith("; the limit is 0 s")


def test_idle_session_past_the_warning_only_is_a_warning(target: Target) -> None:
    target.begin(PLAIN)
    findings = ask(idle_in_transaction, statistics=statistics_of(target.url(MONITOR)), thresholds={"warn_s": 0})
    assert facts(findings, idle_in_transaction) == [("plain/app", Severity.WARNING)]


def test_sessions_of_one_role_and_application_are_one_finding(target: Target) -> None:
    pids = {target.begin(PLAIN).info.backend_pid, target.begin(PLAIN).info.backend_pid}
    [finding] = ask(idle_in_transaction, statistics=statistics_of(target.url(MONITOR)), thresholds={"fail_s": 0})
    assert {row["pid"] for row in finding.evidence} == pids


def test_short_transactions_and_idle_sessions_are_fine(target: Target) -> None:
    target.begin(PLAIN)
    target.connect(PLAIN).execute("SELECT 1")
    assert ask(idle_in_transaction, statistics=statistics_of(target.url(MONITOR))) == []


def test_role_that_sees_only_itself_gets_no_answer(target: Target) -> None:
    target.begin()
    with pytest.raises(MissingPrivilege, match='GRANT pg_monitor TO "plain"'):
        ask(idle_in_transaction, statistics=statistics_of(target.url(PLAIN)))


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_open_write_transaction_on_a_file_is_found(database: Path, mode: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute(f"PRAGMA journal_mode = {mode}")
        writer.execute("BEGIN IMMEDIATE")
        findings = ask(idle_in_transaction, statistics=statistics_of(sqlite_url(database)))
    assert facts(findings, idle_in_transaction) == [("write transaction", Severity.WARNING)]
    assert findings[0].message.startswith(f"process {os.getpid()} holds a write transaction open")


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_file_nobody_writes_to_is_fine(database: Path, mode: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute(f"PRAGMA journal_mode = {mode}")
        reader.execute("BEGIN").execute("SELECT * FROM item").fetchall()
        assert ask(idle_in_transaction, statistics=statistics_of(sqlite_url(database))) == []
