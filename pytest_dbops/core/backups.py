"""Backups as a catalogue records them: of what each was made, what is in it, and what has proved that it is whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from enum import IntEnum, StrEnum

from pytest_dbops.core.frozen import frozen


class VerificationLevel(IntEnum):
    """How far a verification went; each level includes those below it."""

    CHECKSUM = 1
    """The file has the size and the SHA-256 that were recorded when it was made."""
    READ_BACK = 2
    """All of it was decrypted and decompressed, every tag held, and the plain bytes have the recorded SHA-256."""
    PARSED = 3
    """The product's own tool read it from first to last."""
    RESTORED = 4
    """It was restored into a scratch database, which was compared with what was recorded."""


@frozen
class Verification:
    """One attempt to prove that a backup is whole; `at` is time zone aware.

    problem: what was wrong, in one line; empty when it held.
    identity: that of the file that was read (see `StoredFile`); empty when it is not known.
    """

    at: datetime
    level: VerificationLevel
    problem: str = ""
    identity: str = ""


@frozen
class Drill:
    """One rehearsal of the emergency: a backup restored to a running database, and that compared.

    restored_s: seconds from the first byte read to a database that answers, which is the RTO that was measured.
    compared_tables: tables whose rows were held against what the backup recorded; 0: nothing was.
    problem: what went wrong, in one line; empty when it went well.
    server: product and version it was restored to, as people write it.
    """

    backup: str
    finished_at: datetime
    restored_s: float
    compared_tables: int
    problem: str = ""
    server: str = ""


class BackupForm(StrEnum):
    """What a backup is made of, which says where it can be restored."""

    LOGICAL = "logical"
    """Statements and rows: any server that is not older."""
    PHYSICAL = "physical"
    """The server's own files: all of its databases, and a server of the same major version only."""
    FILE = "file"
    """The database file of SQLite."""


class ContentKind(StrEnum):
    """Kinds of things a backup must hold so that a restored database is the whole one."""

    DATABASE = "database"
    ROLE = "role"
    TABLE = "table"
    ROWS = "rows of table"
    SEQUENCE = "sequence"
    EXTENSION = "extension"


@frozen
class BackupContents:
    """What is in a backup by its own table of contents, which is read from it and not from the database.

    names: names by kind; tables and sequences as `schema.name`, on SQLite by the name alone, and databases of SQLite
        by the name of their file. A kind that is there and has no name: the backup holds none. One that is not there:
        nobody knows.
    large_objects: their number; None when nobody knows.
    """

    names: Mapping[ContentKind, frozenset[str]] = field(default_factory=dict)
    large_objects: int | None = None


@frozen
class Collation:
    """Rules by which text sorts: provider (`libc`, `icu`, `builtin`), locale, and version; empty where unknown."""

    provider: str
    locale: str
    version: str = ""


@frozen
class BackupSource:
    """The server and database a backup was made of.

    version: (major, minor), as in (16, 4) or (3, 40). extensions: name to version, of those installed.
    collations: those that columns or indexes name, beside the database's own `collation`; by name.
    page_bytes: size of a page of a SQLite file; 0 where there is none.
    """

    dialect: str
    version: tuple[int, int]
    encoding: str
    collation: Collation | None = None
    collations: Mapping[str, Collation] = field(default_factory=dict)
    extensions: Mapping[str, str] = field(default_factory=dict)
    page_bytes: int = 0


@frozen
class BackupRecord:
    """One backup as a catalogue knows it; sizes in bytes, times time zone aware, digests in hex.

    started_at: when its snapshot was taken; nothing that was written later is in it. None when nobody knows.
    sha256: of the file as it is stored. plain_sha256: of what is in it, decrypted and decompressed.
    key_id: the key it was sealed with; empty for a plain one.
    verifications: all attempts to prove it, in any order.
    contents, source: None when the catalogue does not say.
    """

    name: str
    finished_at: datetime
    size_bytes: int
    is_encrypted: bool
    started_at: datetime | None = None
    sha256: str = ""
    plain_sha256: str = ""
    key_id: str = ""
    form: BackupForm = BackupForm.LOGICAL
    verifications: tuple[Verification, ...] = ()
    contents: BackupContents | None = None
    source: BackupSource | None = None

    @property
    def verified_at(self) -> datetime | None:
        """When it was last proved whole; None when it never was, or when the last attempt found a problem."""
        last = self.last_verification(VerificationLevel.CHECKSUM)
        return last.at if last is not None and not last.problem else None

    def last_verification(self, level: VerificationLevel, *, identity: str = "") -> Verification | None:
        """Return the newest attempt of at least a level; None when there was none.

        identity: of the file as it is now; attempts on a file that was another do not count. Empty: all count.
        """
        return newest_of(
            each for each in self.verifications if each.level >= level and (not identity or each.identity == identity)
        )


@frozen
class StoredFile:
    """The file of a backup as it lies there now.

    identity: a text that changes whenever the file is written or replaced (of a local file: inode, size and time of
        change; of an object store: its version); what was verified once need then not be read again.
    """

    size_bytes: int
    identity: str


@frozen
class ReadBack:
    """What came of reading a whole backup: decrypted, decompressed, every tag checked.

    plain_bytes, sha256: of the plain bytes. problem: what stopped it, in one line; empty when all of it could be read.
    """

    plain_bytes: int
    sha256: str
    problem: str = ""


def newest_of(verifications: Iterable[Verification]) -> Verification | None:
    """Return the verification that was made last; of two at one moment the one that found a problem."""
    return max(verifications, key=lambda each: (each.at, bool(each.problem)), default=None)
