"""BAK004."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import known_backups, listed, newest
from pytest_dbops.core.backups import BackupRecord, VerificationLevel
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog, BackupFiles
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes

_HINT = "make another backup now, read it back, and keep this one for looking into it"


@check(
    "BAK004",
    category="backup",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    cost=Cost.SAMPLE,
    privilege=Privilege.FILE,
    settings={"most_days": 8, "most_bytes": 21_474_836_480},
)
def backup_cannot_be_read(
    backups: BackupCatalog, backup_files: BackupFiles, clock: datetime, settings: Settings
) -> Iterator[Finding]:
    """A backup cannot be decrypted or decompressed, or the key it was sealed with is not here.

    A file that lies there whole is worth nothing without its key, or with one frame damaged before it was hashed. Every
    encrypted backup must name a key that is at hand. The newest is read from first to last, every tag checked, and what
    comes out compared with the SHA-256 of what went in, unless that same file was read back within `most_days`; one
    larger than `most_bytes` is not read here, and must have been.

    Bring the key back from where it is kept; without it the backup is lost. A backup that is damaged is made anew, and
    the disk or the store it lay on looked at.
    """
    last = newest(backups)
    yield from _without_key(known_backups(backups), frozenset(backup_files.key_ids()))
    file = backup_files.find(last)
    if file is None:
        raise CannotJudge(f"the file of backup {last.name!r} is not there (see BAK003)")
    proof = last.last_verification(VerificationLevel.READ_BACK, identity=file.identity)
    if proof is not None and proof.problem:
        text = f"could not be read back at {proof.at:%Y-%m-%d %H:%M}: {proof.problem}"
        yield Finding(last.name, f"backup {last.name!r} {text}", hint=_HINT, identity="unreadable")
    elif proof is not None and proof.at >= clock - timedelta(days=settings.number("most_days")):
        return
    elif file.size_bytes > settings.number("most_bytes"):
        yield Finding(
            last.name,
            f"backup {last.name!r} ({render_bytes(file.size_bytes)}) was not read back within "
            f"{settings.number('most_days'):g} days; here at most {render_bytes(settings.number('most_bytes'))} are "
            "read (most_bytes)",
            hint=f"verify backup {last.name!r}, or raise most_bytes",
            identity="unread",
        )
    elif problem := _problem_of(last, backup_files):
        yield Finding(
            last.name, f"backup {last.name!r} cannot be read back: {problem}", hint=_HINT, identity="unreadable"
        )


def _without_key(known: tuple[BackupRecord, ...], at_hand: frozenset[str]) -> Iterator[Finding]:
    """Yield a finding a key that is missing, with the backups that are lost without it."""
    needed: dict[str, list[str]] = {}
    for backup in known:
        if backup.is_encrypted and backup.key_id not in at_hand:
            needed.setdefault(backup.key_id, []).append(backup.name)
    for key_id, names in sorted(needed.items()):
        which = f"key {key_id!r} is not here" if key_id else "the catalogue does not say with which key"
        yield Finding(
            key_id or "unnamed key",
            f"{len(names)} backups cannot be opened, since {which}: {listed(names)}",
            hint="bring the key back from where it is kept, and look who removed it",
            identity="key",
        )


def _problem_of(backup: BackupRecord, files: BackupFiles) -> str:
    read = files.read_back(backup)
    if not read.problem and backup.plain_sha256 and read.sha256.lower() != backup.plain_sha256.lower():
        return f"what is in it has the SHA-256 {read.sha256[:12]}..., and had {backup.plain_sha256[:12]}..."
    return read.problem
