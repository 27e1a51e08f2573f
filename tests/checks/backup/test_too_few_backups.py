"""BAK008."""

from __future__ import annotations

from pytest_dbops.checks.backup.too_few_backups import too_few_backups
from pytest_dbops.core.severity import Severity
from tests.checks.backup.records import Kept, backup, proof
from tests.checks.connectivity.asking import ask, environment_at, facts

ENVIRONMENT = environment_at("postgresql://db.example.com/books")


def _seen(number: int):
    records = tuple(backup(24 * age) for age in range(number))
    return facts(ask(too_few_backups, backups=Kept(records), environment=ENVIRONMENT), too_few_backups)


def test_fewer_than_the_least_is_found() -> None:
    assert _seen(2) == [("production", Severity.ERROR)]


def test_enough_backups_are_fine() -> None:
    assert _seen(3) == []


def test_backup_that_is_known_to_be_damaged_does_not_count() -> None:
    torn = backup(1, verifications=(proof(0.5, problem="frame 7 does not open"),))
    records = (torn, backup(24), backup(48))
    assert len(ask(too_few_backups, backups=Kept(records), environment=ENVIRONMENT)) == 1
