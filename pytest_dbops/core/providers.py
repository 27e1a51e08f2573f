"""Ports that other parts of the product fill; an empty provider is an answer, never a pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from pytest_dbops.core.backups import BackupRecord, Drill, ReadBack, StoredFile
from pytest_dbops.core.frozen import frozen


class BackupCatalog(Protocol):
    """The catalogue of backups of one environment: records, and no file is opened."""

    def backups(self) -> Sequence[BackupRecord]:
        """Return all known backups, newest first; raises NoProvider when none is configured.

        Called by each check that judges backups, so it should remember. None at all is an answer: there is none.
        """

    def drills(self) -> Sequence[Drill]:
        """Return all restore drills, newest first, of whatever backup; none at all says that none was ever held.

        Raises NoProvider where this catalogue does not record them: that nobody knows is not that there was none.
        """


class BackupFiles(Protocol):
    """The files of the backups of one environment, read where they lie; nothing of them is written or moved.

    Every method raises NoProvider where this store cannot do it, and CannotJudge where it cannot be reached now.
    """

    def find(self, backup: BackupRecord) -> StoredFile | None:
        """Return what lies where a backup should be, without reading it; None when nothing does. Asked of each."""

    def sha256(self, backup: BackupRecord) -> str:
        """Read a whole file as it is stored, and return its digest in hex; asked of the newest, at most once a run."""

    def read_back(self, backup: BackupRecord) -> ReadBack:
        """Read a whole backup, decrypt and decompress it, and check every tag; asked of the newest, once a run.

        What is wrong with the backup is told in the answer and not raised.
        """

    def key_ids(self) -> Sequence[str]:
        """Return the identifiers of the keys that can open backups here; the keys themselves never leave it."""


class BackupMaker(Protocol):
    """What makes a backup of one environment before something is done to it."""

    def make(self, progress: Callable[[str], None]) -> BackupRecord:
        """Make a backup of the whole database, prove that it can be read back, and return it as verified.

        Called once, before anything is written. Raises NoProvider where there is nothing to make it with, CannotJudge
        where the database cannot be read, Blocked for a backup that does not hold what the database does.
        """


class Keyring(Protocol):
    """The keys of encrypted columns, by identifier; keys themselves never leave it."""

    def key_ids(self) -> Sequence[str]:
        """Return the identifiers of all keys, active first; raises NoProvider when none is configured."""


@frozen
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


@frozen
class GatePass:
    """A full gate that passed; the fingerprint is that of the catalog it judged."""

    at: datetime
    catalog_fingerprint: str


class GateRecords(Protocol):
    """What gates of one environment ended with."""

    def last_full_pass(self) -> GatePass | None:
        """Return the newest full gate that passed, None when none did; asked once before a deploy."""


@runtime_checkable
class RowReader(Protocol):
    """A column type whose values are read with the rest of their row, as those of the row profile are."""

    def open_in_row(self, value: Any, table: Any, row: Mapping[str, Any]) -> Any:
        """Return the logical value of a field; table: the SQLAlchemy Table, row: the field's, by column key.

        Called once a field by whoever reads whole rows back. Raises FieldError for a field that does not open.
        """
