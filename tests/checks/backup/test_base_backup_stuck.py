"""BAK012."""

from __future__ import annotations

from dataclasses import replace

from pytest_dbops.checks.backup.base_backup_stuck import base_backup_stuck
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target


def _running(statistics: Statistics, hours: float) -> Statistics:
    """What the server says, with a base backup put in that has run for hours."""
    row = {
        "pid": 4711, "phase": "streaming database files", "total_bytes": None, "streamed_bytes": 1 << 30,
        "application": "pg_basebackup", "running_s": hours * 3600,
    }  # fmt: skip
    return replace(statistics, parts={**statistics.parts, "base_backups": [row]})


def test_base_backup_that_runs_for_too_long_is_found(target: Target) -> None:
    findings = ask(base_backup_stuck, statistics=_running(statistics_of(target.url()), 30))
    assert facts(findings, base_backup_stuck) == [("pg_basebackup", Severity.ERROR)]


def test_base_backup_that_runs_for_an_hour_is_fine(target: Target) -> None:
    assert ask(base_backup_stuck, statistics=_running(statistics_of(target.url()), 1)) == []


def test_server_without_one_is_fine(target: Target) -> None:
    assert ask(base_backup_stuck, statistics=statistics_of(target.url())) == []
