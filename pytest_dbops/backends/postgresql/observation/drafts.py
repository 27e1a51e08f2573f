"""Statements that are not finished yet: how long a lock is held is known only when its transaction ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pytest_dbops.backends.postgresql.observation.outside import Outside
from pytest_dbops.core.observed import Changed, Lock, LockMode, ObservedStatement, Rewrite, Scan


@dataclass(slots=True)
class HeldLock:
    """A lock from the moment it was asked for, on the clock that stands still while we look."""

    oid: int
    lock: Lock
    since_s: float
    until_s: float | None = None

    def end(self, now_s: float) -> None:
        """Note when it was given up; only the first time counts."""
        if self.until_s is None:
            self.until_s = now_s

    def finished(self) -> Lock:
        """Return the lock with the time it was held."""
        until_s = self.since_s if self.until_s is None else self.until_s
        return replace(self.lock, held_ms=(until_s - self.since_s) * 1000)


@dataclass(slots=True)
class Draft:
    """One statement while its transaction runs; `outside` is set for one that is a transaction of its own."""

    sql: str
    line: int
    is_schema: bool
    started_s: float
    outside: Outside | None = None
    transaction: int | None = None
    times: int = 1
    spent_s: float = 0.0
    locks: list[HeldLock] = field(default_factory=list)
    rewrites: tuple[Rewrite, ...] = ()
    scans: tuple[Scan, ...] = ()
    changed: tuple[Changed, ...] = ()
    wal_bytes: int = 0
    lock_timeout_ms: int = 0
    invalid_indexes: tuple[str, ...] = ()
    reason: str = ""

    def hold(self, taken: Iterable[tuple[int, Lock]]) -> None:
        """Note the locks it took, since it began."""
        self.locks += [HeldLock(oid, lock, self.started_s) for oid, lock in taken]

    def mark_known(self, oids: Iterable[int]) -> None:
        """Mark the locks on these relations as known from the manual, not seen."""
        known = frozenset(oids)
        for held in self.locks:
            if held.oid in known:
                held.lock = replace(held.lock, is_seen=False)

    def give_up(self, oid: int, mode: LockMode, now_s: float) -> None:
        """Note that a lock ended before its transaction."""
        for held in self.locks:
            if (held.oid, held.lock.mode) == (oid, mode):
                held.end(now_s)

    def end(self, now_s: float) -> None:
        """Note that the transaction ended, and with it all locks."""
        for held in self.locks:
            held.end(now_s)

    def end_itself(self) -> None:
        """Note that the statement was a transaction of its own, and ended its locks."""
        self.end(self.started_s + self.spent_s)

    def finished(self) -> ObservedStatement:
        """Return the statement as it was observed."""
        return ObservedStatement(
            sql=self.sql,
            line=self.line,
            transaction=self.transaction,
            times=self.times,
            duration_ms=self.spent_s * 1000,
            locks=tuple(held.finished() for held in self.locks),
            rewrites=self.rewrites,
            scans=self.scans,
            changed=self.changed,
            wal_bytes=self.wal_bytes,
            lock_timeout_ms=self.lock_timeout_ms,
            invalid_indexes=self.invalid_indexes,
            is_observed=not self.reason,
            reason=self.reason,
        )
