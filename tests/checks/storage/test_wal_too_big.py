"""STO006."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.checks.storage.wal_too_big import wal_too_big
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target


def test_wal_far_past_its_plan_is_found(target: Target) -> None:
    thresholds = {"warn_times": 0.000001, "fail_times": 0.00001}
    findings = ask(wal_too_big, statistics=statistics_of(target.url(MONITOR)), thresholds=thresholds)
    assert facts(findings, wal_too_big) == [("pg_wal", Severity.ERROR)]


def test_wal_of_a_usual_size_is_fine(target: Target) -> None:
    assert ask(wal_too_big, statistics=statistics_of(target.url(MONITOR))) == []


def test_role_that_does_not_see_the_files_gets_no_answer(target: Target) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(wal_too_big, statistics=statistics_of(target.url(PLAIN)))


def test_wal_of_a_file_that_is_not_written_back_is_found(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE entry AS SELECT randomblob(200000) AS note")
        statistics = statistics_of(sqlite_url(database))
    findings = ask(wal_too_big, statistics=statistics, thresholds={"sqlite_warn_bytes": 100_000})
    assert facts(findings, wal_too_big) == [("app.db-wal", Severity.WARNING)]


def test_file_without_a_wal_is_fine(database: Path) -> None:
    assert ask(wal_too_big, statistics=statistics_of(sqlite_url(database))) == []
