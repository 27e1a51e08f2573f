"""STO008."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.checks.storage.left_over_file import left_over_file
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target

MAKE = (
    "COPY (SELECT WHERE false) TO PROGRAM"
    " 'mkdir -p base/pgsql_tmp; touch -d \"{when}\" base/pgsql_tmp/pgsql_tmp{pid}.0'"
)
REMOVE = "COPY (SELECT WHERE false) TO PROGRAM 'rm -f base/pgsql_tmp/pgsql_tmp*'"
NOBODY = 4_000_000


def _asked(target: Target, when: str, pid: int):
    target.admin(MAKE.format(when=when, pid=pid))
    statistics = statistics_of(target.url(MONITOR))
    target.admin(REMOVE)
    return ask(left_over_file, statistics=statistics)


def test_old_temporary_file_without_a_session_is_found(target: Target) -> None:
    findings = _asked(target, "3 hours ago", NOBODY)
    assert facts(findings, left_over_file) == [(f"pgsql_tmp{NOBODY}.0", Severity.WARNING)]


def test_young_temporary_file_is_fine(target: Target) -> None:
    assert _asked(target, "now", NOBODY) == []


def test_file_of_a_session_that_lives_is_fine(target: Target) -> None:
    assert _asked(target, "3 hours ago", target.connect().info.backend_pid) == []


def test_role_that_does_not_see_the_files_gets_no_answer(target: Target) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(left_over_file, statistics=statistics_of(target.url(PLAIN)))


def test_journal_beside_a_file_in_wal_mode_is_found(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    database.with_name("app.db-journal").write_bytes(bytes(512))  # as PERSIST leaves it
    findings = ask(left_over_file, statistics=statistics_of(sqlite_url(database)))
    assert facts(findings, left_over_file) == [("app.db-journal", Severity.WARNING)]


def test_file_alone_is_fine(database: Path) -> None:
    assert ask(left_over_file, statistics=statistics_of(sqlite_url(database))) == []
