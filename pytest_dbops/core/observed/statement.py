"""One statement as it was observed while it ran."""

from __future__ import annotations

import re
from enum import StrEnum

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.locks.mode import LockMode

LONGEST_SQL = 400
FAILED = "it failed: "
_SPACE = re.compile(r"\s+")


class RelationKind(StrEnum):
    """What a lock is on; the words are those of pg_class."""

    TABLE = "table"
    PARTITIONED_TABLE = "partitioned table"
    INDEX = "index"
    PARTITIONED_INDEX = "partitioned index"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized view"
    TOAST = "toast table"
    SEQUENCE = "sequence"
    FOREIGN_TABLE = "foreign table"
    TYPE = "composite type"
    DATABASE = "database"


@frozen
class Lock:
    """A lock that a statement took, and that its transaction did not hold yet.

    relation: the name clients know it by: the one from before the transaction, for what it renamed or dropped.
    table: the table it belongs to, for an index or a toast table; else itself. Blocking it blocks the table.
    is_created_in_transaction: nobody else can see the relation yet, so nobody waits for the lock.
    held_ms: from the start of the statement to the end of the transaction, or to the return to a savepoint that
        gave it up; the cost of observing is taken off. Without a transaction: the time of the statement.
    is_seen: whether it was seen, and is not only known from the manual.
    """

    mode: LockMode
    relation: str
    kind: RelationKind
    table: str
    is_created_in_transaction: bool = False
    is_dropped: bool = False
    held_ms: float = 0.0
    is_seen: bool = True


@frozen
class Rewrite:
    """A relation of before the transaction whose file was replaced by a new one (TRUNCATE replaces it as well)."""

    relation: str
    kind: RelationKind
    table: str


@frozen
class Scan:
    """A table of before the transaction that was read from end to end; `is_by_index`: through one of its indexes."""

    table: str
    is_by_index: bool = False


@frozen
class Changed:
    """Rows of one table that a statement inserted, updated and deleted.

    of_rows: rows the table had before, as far as the server knows; 0 when it does not.
    """

    table: str
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    of_rows: int = 0
    is_created_in_transaction: bool = False

    @property
    def touched(self) -> int:
        """Rows that were there before and were updated or deleted."""
        return self.updated + self.deleted

    @property
    def share(self) -> float:
        """Which part of the rows that were there was updated or deleted, from 0 to 1; all where it is not known."""
        if not self.touched:
            return 0.0
        return min(1.0, self.touched / self.of_rows) if self.of_rows else 1.0


@frozen
class ObservedStatement:
    """What one statement did.

    sql: on one line, cut to a bounded length, literals as written.
    line: line of the revision's file; 0 where it is not known.
    transaction: number of the transaction within the revision; None where it ran without one.
    times: how often in a row it ran; a loop over rows is one statement here.
    wal_bytes: of the whole server in that time; the server's own where nobody else uses it.
    lock_timeout_ms: what was set while it ran; 0 means that it would have waited for ever.
    invalid_indexes: indexes it left behind invalid, as an interrupted CREATE INDEX CONCURRENTLY does.
    reason: why it is not observed; its locks, if any, are then known ones and not seen.
    """

    sql: str
    line: int = 0
    transaction: int | None = None
    times: int = 1
    duration_ms: float = 0.0
    locks: tuple[Lock, ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    scans: tuple[Scan, ...] = ()
    changed: tuple[Changed, ...] = ()
    wal_bytes: int = 0
    lock_timeout_ms: int = 0
    invalid_indexes: tuple[str, ...] = ()
    is_observed: bool = True
    reason: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether the server refused it."""
        return self.reason.startswith(FAILED)

    @property
    def rewritten_tables(self) -> frozenset[str]:
        """Tables and materialized views of which every row was written anew."""
        kinds = (RelationKind.TABLE, RelationKind.MATERIALIZED_VIEW)
        return frozenset(rewrite.table for rewrite in self.rewrites if rewrite.kind in kinds)

    @property
    def scanned_tables(self) -> frozenset[str]:
        """Tables that were read from end to end."""
        return frozenset(scan.table for scan in self.scans)


def bounded_sql(text: str) -> str:
    """Return a statement on one line and of a bounded length."""
    line = _SPACE.sub(" ", text).strip().rstrip(";").rstrip()
    return line if len(line) <= LONGEST_SQL else f"{line[: LONGEST_SQL - 1]}…"
