"""BAK001."""

from __future__ import annotations

from pytest_dbops.checks.backup.backup_too_old import backup_too_old
from pytest_dbops.core.severity import Severity
from tests.checks.backup.records import Kept, backup, proof
from tests.checks.connectivity.asking import ask, environment_at, facts

ENVIRONMENT = environment_at("postgresql://db.example.com/books")


def _seen(*hours: float):
    findings = ask(backup_too_old, backups=Kept(tuple(backup(each) for each in hours)), environment=ENVIRONMENT)
    return facts(findings, backup_too_old)


def test_backup_past_the_limits_is_found() -> None:
    assert _seen(30) == [("production", Severity.WARNING)]
    assert _seen(60) == [("production", Severity.ERROR)]


def test_no_backup_at_all_is_an_error() -> None:
    assert _seen() == [("production", Severity.ERROR)]


def test_newest_backup_counts() -> None:
    assert _seen(60, 2) == []


def test_backup_that_is_known_to_be_damaged_is_none() -> None:
    torn = backup(2, verifications=(proof(1, problem="frame 7 does not open"), proof(1.5)))
    seen = ask(backup_too_old, backups=Kept((torn, backup(60))), environment=ENVIRONMENT)
    assert facts(seen, backup_too_old) == [("production", Severity.ERROR)]
    (alone,) = ask(backup_too_old, backups=Kept((torn,)), environment=ENVIRONMENT)
    assert alone.message == ("environment 'production' has no backup that is whole: the last verification of 1 failed")
