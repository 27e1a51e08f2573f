"""Backups as their catalogue knows them."""

from __future__ import annotations

from collections.abc import Collection

from pytest_dbops.core.backups import BackupRecord, VerificationLevel
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.providers import BackupCatalog

_SHOWN = 5


def known_backups(backups: BackupCatalog) -> tuple[BackupRecord, ...]:
    """Return all backups, newest first."""
    return tuple(sorted(backups.backups(), key=lambda backup: backup.finished_at, reverse=True))


def good_backups(backups: BackupCatalog) -> tuple[BackupRecord, ...]:
    """Return the backups of which nothing is known to be wrong, newest first: none whose last verification failed."""
    tried = ((backup, backup.last_verification(VerificationLevel.CHECKSUM)) for backup in known_backups(backups))
    return tuple(backup for backup, last in tried if last is None or not last.problem)


def newest(backups: BackupCatalog) -> BackupRecord:
    """Return the newest backup; raises CannotJudge when there is none, which BAK001 tells of."""
    known = known_backups(backups)
    if not known:
        raise CannotJudge("there is no backup (see BAK001)")
    return known[0]


def listed(names: Collection[str]) -> str:
    """Return names as people list them, the first few of many: `'a', 'b' and 7 more`."""
    shown = ", ".join(repr(name) for name in sorted(names)[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
