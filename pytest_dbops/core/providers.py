"""Ports that other parts of the product fill; an empty provider is an answer, never a pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """One backup as a catalogue knows it; sizes in bytes, times time zone aware."""

    name: str
    finished_at: datetime
    size_bytes: int
    is_encrypted: bool
    verified_at: datetime | None


class BackupCatalog(Protocol):
    """The catalogue of backups of one environment."""

    def backups(self) -> Sequence[BackupRecord]:
        """Return all known backups, newest first; raises NoProvider when none is configured."""


class Keyring(Protocol):
    """The keys of encrypted columns, by identifier; keys themselves never leave it."""

    def key_ids(self) -> Sequence[str]:
        """Return the identifiers of all keys, active first; raises NoProvider when none is configured."""


@dataclass(frozen=True, slots=True)
class PersonalColumn:
    """A column that holds personal data, and of what kind."""

    table: str
    column: str
    kind: str


class PrivacyMap(Protocol):
    """Where personal data lives."""

    def personal_columns(self) -> Sequence[PersonalColumn]:
        """Return the columns that hold personal data; raises NoProvider when no map is configured."""


class History(Protocol):
    """What earlier runs kept for an environment."""

    def last(self, key: str) -> str | None:
        """Return the newest text kept under `key`, or None when there is none."""


@dataclass(frozen=True, slots=True)
class GatePass:
    """A full gate that passed; the fingerprint is that of the catalog it judged."""

    at: datetime
    catalog_fingerprint: str


class GateRecords(Protocol):
    """What gates of one environment ended with."""

    def last_full_pass(self) -> GatePass | None:
        """Return the newest full gate that passed, None when none did; asked once before a deploy."""
