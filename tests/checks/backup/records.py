"""Records of backups, as a catalogue would give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from pytest_dbops.core.backups import BackupContents, BackupRecord, ContentKind, Drill, Verification, VerificationLevel
from tests.checks.connectivity.asking import CLOCK


@dataclass(frozen=True)
class Kept:
    """A catalogue of these backups and drills; implements `BackupCatalog`."""

    records: tuple[BackupRecord, ...] = ()
    held: tuple[Drill, ...] = ()

    def backups(self) -> Sequence[BackupRecord]:
        return self.records

    def drills(self) -> Sequence[Drill]:
        return self.held


def backup(
    hours: float, *, size: int = 1000, verified: float | None = 1, is_encrypted: bool = True, **more: Any
) -> BackupRecord:
    """A backup that ended some hours ago, and was verified some hours ago."""
    proofs = () if verified is None else (proof(verified),)
    at = CLOCK - timedelta(hours=hours)
    return BackupRecord(f"daily-{hours:g}", at, size, is_encrypted, **({"verifications": proofs} | more))


def proof(
    hours: float, level: VerificationLevel = VerificationLevel.CHECKSUM, *, problem: str = "", identity: str = ""
) -> Verification:
    """A verification of some hours ago."""
    return Verification(CLOCK - timedelta(hours=hours), level, problem, identity)


def drill(days: float, *, seconds: float = 60, tables: int = 12, problem: str = "") -> Drill:
    """A restore drill of some days ago."""
    return Drill("daily", CLOCK - timedelta(days=days), seconds, tables, problem)


@dataclass(frozen=True)
class Without:
    """The contents of a backup with some of it taken out."""

    names: Mapping[ContentKind, set[str]] = field(default_factory=dict)

    def of(self, record: BackupRecord) -> BackupRecord:
        assert record.contents is not None
        left = {kind: held - frozenset(self.names.get(kind, ())) for kind, held in record.contents.names.items()}
        return replace(record, contents=BackupContents(left, record.contents.large_objects))
