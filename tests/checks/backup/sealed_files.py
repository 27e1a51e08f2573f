"""Backups that are files: compressed, sealed with AES-GCM, and read again; implements `BackupFiles`."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pytest_dbops.core.backups import BackupRecord, ReadBack, StoredFile
from tests.checks.connectivity.asking import CLOCK

KEYS = {"key-1": bytes(range(32)), "key-2": bytes(range(32, 64))}
PLAIN = b"INSERT INTO invoice VALUES (1, 4200);\n" * 500
_NONCE = bytes(12)


@dataclass(frozen=True)
class SealedFiles:
    """The backups in a folder, with the keys that are at hand; counts what it has to read."""

    folder: Path
    keys: Mapping[str, bytes] = field(default_factory=lambda: KEYS)
    read: list[str] = field(default_factory=list)

    def write(
        self, name: str, *, key_id: str = "key-1", finished_at: datetime = CLOCK, **more: Any
    ) -> BackupRecord:  # fmt: skip
        """Make a backup, and return what a catalogue would remember of it."""
        stored = AESGCM(KEYS[key_id]).encrypt(_NONCE, zlib.compress(PLAIN), name.encode())
        self.path(name).write_bytes(stored)
        return BackupRecord(
            name, finished_at, len(stored), is_encrypted=True, sha256=hashlib.sha256(stored).hexdigest(),
            plain_sha256=hashlib.sha256(PLAIN).hexdigest(), key_id=key_id, **more,
        )  # fmt: skip

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.sealed"

    def identity(self, record: BackupRecord) -> str:
        found = self.find(record)
        assert found is not None
        return found.identity

    def find(self, backup: BackupRecord) -> StoredFile | None:
        try:
            facts = self.path(backup.name).stat()
        except FileNotFoundError:
            return None
        return StoredFile(facts.st_size, f"{facts.st_ino}-{facts.st_size}-{facts.st_ctime_ns}")

    def sha256(self, backup: BackupRecord) -> str:
        self.read.append(backup.name)
        return hashlib.sha256(self.path(backup.name).read_bytes()).hexdigest()

    def read_back(self, backup: BackupRecord) -> ReadBack:
        self.read.append(backup.name)
        if backup.key_id not in self.keys:
            return ReadBack(0, "", f"there is no key {backup.key_id!r}")
        stored = self.path(backup.name).read_bytes()
        try:
            plain = zlib.decompress(AESGCM(self.keys[backup.key_id]).decrypt(_NONCE, stored, backup.name.encode()))
        except InvalidTag:
            return ReadBack(0, "", "the tag of its first frame does not hold")
        return ReadBack(len(plain), hashlib.sha256(plain).hexdigest())

    def key_ids(self) -> Sequence[str]:
        return tuple(self.keys)

    def flip(self, record: BackupRecord) -> None:
        """Change one bit, and no size."""
        stored = bytearray(self.path(record.name).read_bytes())
        stored[len(stored) // 2] ^= 1
        self.path(record.name).write_bytes(stored)
