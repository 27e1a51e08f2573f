"""BAK009."""

from __future__ import annotations

from pytest_dbops.checks.backup.backup_in_plain import backup_in_plain
from pytest_dbops.core.severity import Severity
from tests.checks.backup.records import Kept, backup
from tests.checks.connectivity.asking import ask, facts


def test_plain_backup_is_found() -> None:
    records = (backup(1), backup(25, is_encrypted=False))
    assert facts(ask(backup_in_plain, backups=Kept(records)), backup_in_plain) == [("daily-25", Severity.ERROR)]


def test_encrypted_backups_are_fine() -> None:
    assert ask(backup_in_plain, backups=Kept((backup(1), backup(25)))) == []
