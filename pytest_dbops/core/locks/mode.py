"""The eight modes in which PostgreSQL locks a table, what each conflicts with, and whom it makes wait.

Source: PostgreSQL manual, "Explicit Locking", table of conflicting lock modes.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Blocked(StrEnum):
    """Who waits for a lock."""

    READS = "reads"
    WRITES = "writes"
    DDL = "DDL"


class LockMode(IntEnum):
    """A mode of a lock on a table; ordered as PostgreSQL orders them, the strongest last."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def key(self) -> str:
        """How the mode is written in dbops.toml: `access_exclusive`."""
        return self.name.lower()

    @property
    def words(self) -> str:
        """How the manual writes the mode: `ACCESS EXCLUSIVE`."""
        return self.name.replace("_", " ")

    @property
    def conflicts(self) -> frozenset[LockMode]:
        """The modes that another transaction cannot hold at the same time."""
        return _CONFLICTS[self]

    @property
    def blocks(self) -> tuple[Blocked, ...]:
        """Who waits while the lock is held; reads are SELECT, writes INSERT, UPDATE, DELETE and MERGE."""
        waits = {
            Blocked.READS: LockMode.ACCESS_SHARE,
            Blocked.WRITES: LockMode.ROW_EXCLUSIVE,
            Blocked.DDL: LockMode.ACCESS_EXCLUSIVE,
        }
        return tuple(who for who, needs in waits.items() if needs in self.conflicts)

    @property
    def blocks_words(self) -> str:
        """The same in words: `reads, writes and DDL`."""
        *first, last = self.blocks
        return f"{', '.join(first)} and {last}" if first else str(last)

    @classmethod
    def parse(cls, text: str) -> LockMode:
        """Return the mode that pg_locks calls `AccessExclusiveLock`; raises ValueError for any other text."""
        try:
            return _BY_SERVER_NAME[text]
        except KeyError:
            raise ValueError(f"{text!r} is no lock mode of PostgreSQL") from None


def newly_taken(now: Iterable[LockMode], before: Iterable[LockMode]) -> tuple[LockMode, ...]:
    """Return the modes, strongest first, by which more has to wait than by those held before.

    A mode that is covered by a stronger one of the same moment is left out: ALTER TABLE takes five, one counts.
    """
    covered = frozenset().union(*(mode.conflicts for mode in before))
    found: list[LockMode] = []
    for mode in sorted(now, reverse=True):
        if not mode.conflicts <= covered:
            found.append(mode)
            covered |= mode.conflicts
    return tuple(found)


def _numbered(*modes: int) -> frozenset[LockMode]:
    return frozenset(LockMode(mode) for mode in modes)


_CONFLICTS = MappingProxyType(
    {
        LockMode.ACCESS_SHARE: _numbered(8),
        LockMode.ROW_SHARE: _numbered(7, 8),
        LockMode.ROW_EXCLUSIVE: _numbered(5, 6, 7, 8),
        LockMode.SHARE_UPDATE_EXCLUSIVE: _numbered(4, 5, 6, 7, 8),
        LockMode.SHARE: _numbered(3, 4, 6, 7, 8),
        LockMode.SHARE_ROW_EXCLUSIVE: _numbered(3, 4, 5, 6, 7, 8),
        LockMode.EXCLUSIVE: _numbered(2, 3, 4, 5, 6, 7, 8),
        LockMode.ACCESS_EXCLUSIVE: _numbered(1, 2, 3, 4, 5, 6, 7, 8),
    }
)
_BY_SERVER_NAME = MappingProxyType({f"{mode.name.title().replace('_', '')}Lock": mode for mode in LockMode})
