"""BAK002."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.backup.backup_of_other_size import backup_of_other_size
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.severity import Severity
from tests.checks.backup.records import Kept, backup
from tests.checks.connectivity.asking import ask, facts


def _seen(*sizes: int):
    """Ask of backups, the newest first."""
    records = tuple(backup(24 * age, size=size) for age, size in enumerate(sizes))
    return facts(ask(backup_of_other_size, backups=Kept(records)), backup_of_other_size)


def test_much_smaller_backup_is_found() -> None:
    assert _seen(600, 1000, 1000, 1010) == [("daily-0", Severity.WARNING)]
    assert _seen(100, 1000, 1000, 1010) == [("daily-0", Severity.ERROR)]


def test_backup_of_the_usual_size_is_fine() -> None:
    assert _seen(1100, 1000, 1000, 1010) == []


def test_first_backups_have_nothing_to_compare_with() -> None:
    assert _seen(100, 1000) == []


def test_no_backup_is_no_answer() -> None:
    with pytest.raises(CannotJudge, match="no backup"):
        _seen()
