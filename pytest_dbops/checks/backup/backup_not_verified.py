"""BAK003."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import known_backups, newest
from pytest_dbops.core.backups import BackupRecord, StoredFile, VerificationLevel
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog, BackupFiles
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes, render_duration

_DAY_S = 86_400
_REPLACE = "keep it for looking into it, make another backup now, and look at the disk or the store it lies on"


@check(
    "BAK003",
    category="backup",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    cost=Cost.SAMPLE,
    privilege=Privilege.FILE,
    settings={"most_days": 8, "most_bytes": 53_687_091_200},
)
def backup_not_verified(
    backups: BackupCatalog, backup_files: BackupFiles, clock: datetime, settings: Settings
) -> Iterator[Finding]:
    """A backup is gone, is not the file that was made, or nobody has looked for a long time.

    Whether it is there whole is otherwise found out on the day it is needed. Of every backup it is judged whether its
    file is there and has its size. The newest is read, and its SHA-256 compared with the one recorded when it was made,
    unless that same file was verified within `most_days`, or it is larger than `most_bytes`; what an earlier
    verification found wrong with it is told. Where it is not read, some backup must have been verified within
    `most_days`.

    Make another backup at once when the newest is not whole; verify it: read it back, compare its checksum, restore it
    to a scratch server.
    """
    last = newest(backups)
    known = known_backups(backups)
    found = {backup.name: backup_files.find(backup) for backup in known}
    for backup in known:
        yield from _other_file(backup, found[backup.name])
    file = found[last.name]
    if file is None or file.size_bytes != last.size_bytes:
        return
    since = clock - timedelta(days=settings.number("most_days"))
    proof = last.last_verification(VerificationLevel.CHECKSUM, identity=file.identity)
    if proof is not None and proof.problem:
        yield _not_whole(last, f"was found not to be whole at {proof.at:%Y-%m-%d %H:%M}: {proof.problem}")
    elif proof is not None and proof.at >= since:
        return
    elif last.sha256 and file.size_bytes <= settings.number("most_bytes"):
        digest = backup_files.sha256(last)
        if digest.lower() != last.sha256.lower():
            text = f"has the SHA-256 {digest[:12]}..., and had {last.sha256[:12]}... when it was made"
            yield _not_whole(last, text, recorded_sha256=last.sha256, found_sha256=digest)
    else:
        yield from _nobody_looked(last, known, clock, since, settings)


def _other_file(backup: BackupRecord, file: StoredFile | None) -> Iterator[Finding]:
    if file is None:
        yield Finding(
            backup.name,
            f"backup {backup.name!r} is in the catalogue, and its file is not where it was put",
            hint="find out who removed it; if it is the newest, make another backup now",
            identity="gone",
        )
    elif file.size_bytes != backup.size_bytes:
        yield Finding(
            backup.name,
            f"backup {backup.name!r} has {file.size_bytes} bytes ({render_bytes(file.size_bytes)}), and had "
            f"{backup.size_bytes} ({render_bytes(backup.size_bytes)}) when it was made",
            hint=_REPLACE,
            evidence=({"recorded_bytes": backup.size_bytes, "found_bytes": file.size_bytes},),
            identity="size",
        )


def _not_whole(backup: BackupRecord, text: str, **evidence: str) -> Finding:
    shown = (evidence,) if evidence else ()
    return Finding(backup.name, f"backup {backup.name!r} {text}", hint=_REPLACE, evidence=shown, identity="content")


def _nobody_looked(
    last: BackupRecord, known: tuple[BackupRecord, ...], clock: datetime, since: datetime, settings: Settings
) -> Iterator[Finding]:
    """Yield that no backup was verified for too long, where the newest cannot be read here."""
    at = max((backup.verified_at for backup in known if backup.verified_at is not None), default=None)
    if at is None or at < since:
        told = "no backup was ever verified"
        if at is not None:
            told = f"a backup was last verified {render_duration((clock - at).total_seconds())} ago"
        limit_s = settings.number("most_days") * _DAY_S
        yield Finding(
            last.name,
            f"{told}; {render_duration(limit_s)} is the limit, and {_why_unread(last)}",
            hint=f"verify backup {last.name!r}",
            identity="age",
        )


def _why_unread(backup: BackupRecord) -> str:
    if not backup.sha256:
        return "the catalogue keeps no SHA-256 of the newest to compare with"
    return f"the newest is too large to be read here ({render_bytes(backup.size_bytes)}, see most_bytes)"
