"""Observe the statements of one SQLite connection: tables made anew, and how long all other writers wait.

SQLite locks the whole file: from the first statement that writes until the commit nobody else writes, and in the
rollback journal nobody reads while the commit itself is made (SQLite, "File Locking And Concurrency"). A table that
alembic's batch mode makes anew is found by its root page; its rows are all written once more.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pytest_dbops.core.observed import (
    Lock,
    LockMode,
    Observation,
    ObservationFailed,
    ObservedStatement,
    Query,
    RelationKind,
    Rewrite,
)
from pytest_dbops.core.observed.statement import FAILED, bounded_sql

DATABASE = "main"
_TABLES = """
SELECT name, rootpage
  FROM main.sqlite_schema
 WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'
"""
_QUIET = re.compile(r"\s*(SELECT|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|COMMIT|BEGIN|EXPLAIN)\b", re.IGNORECASE)
_SCHEMA = re.compile(r"\s*(CREATE|ALTER|DROP|VACUUM|REINDEX)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Draft:
    statement: ObservedStatement
    since_s: float | None = None
    until_s: float = 0.0
    rewrites: list[Rewrite] = field(default_factory=list)


class SqliteObserver:
    """A `StatementObserver` for SQLite; `ignored` are tables nobody wants to hear of."""

    def __init__(
        self, *, ignored: frozenset[str] = frozenset(), clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._ignored = ignored
        self._clock = clock
        self.begin("")

    def begin(self, revision: str, *, direction: str = "upgrade") -> None:
        """Start a new observation; tables are read at its first statement that writes."""
        self._revision, self._direction = revision, direction
        self._drafts: list[_Draft] = []
        self._running: _Draft | None = None
        self._before: Mapping[str, int] | None = None
        self._now: Mapping[str, int] = {}
        self._is_locked = False
        self._transactions = 1
        self._own_s = 0.0

    def before_statement(self, query: Query, sql: str, *, line: int = 0, is_autocommit: bool = False) -> None:
        """Note that a statement is about to run."""
        if _QUIET.match(sql) or any(name in sql for name in self._ignored):
            return
        if self._before is None:
            self._before = self._now = self._read(query)
        number = None if is_autocommit else self._transactions
        self._running = _Draft(ObservedStatement(bounded_sql(sql), line=line, transaction=number))
        self._started_s = self._time()
        if not self._is_locked:
            self._running.since_s = self._started_s
            self._is_locked = not is_autocommit

    def after_statement(self, query: Query) -> None:
        """Look for tables made anew, after a statement that changes the schema."""
        draft, self._running = self._running, None
        if draft is None:
            return
        ended_s = draft.until_s = self._time()
        draft.statement = replace(draft.statement, duration_ms=(ended_s - self._started_s) * 1000)
        if _SCHEMA.match(draft.statement.sql):
            seen = self._read(query)
            draft.rewrites = [_rewrite(name) for name in sorted(self._made_anew(seen))]
            self._now = seen
        self._drafts.append(draft)

    def statement_failed(self, reason: str, query: Query | None = None) -> None:
        """Keep the statement with the reason."""
        draft, self._running = self._running, None
        if draft is not None:
            draft.statement = replace(draft.statement, is_observed=False, reason=f"{FAILED}{' '.join(reason.split())}")
            self._drafts.append(draft)

    def before_commit(self, query: Query) -> None:
        """End the lock on the file."""
        self._end_transaction()

    def rolled_back(self) -> None:
        """End the lock on the file; tables are as they were, or as the next look finds them."""
        self._end_transaction()

    def finish(self, query: Query | None = None) -> Observation:
        """Return what was observed, and forget it."""
        self._end_transaction()
        before, after = set(self._before or ()), set(self._now)
        observation = Observation(
            revision=self._revision,
            direction=self._direction,
            statements=tuple(_finished(draft) for draft in self._drafts),
            created=tuple(sorted(after - before - self._ignored)),
            dropped=tuple(sorted(before - after - self._ignored)),
            own_ms=self._own_s * 1000,
        )
        self.begin("")
        return observation

    def _end_transaction(self) -> None:
        now_s = self._time()
        for draft in self._drafts:
            if draft.statement.transaction == self._transactions:
                draft.until_s = now_s
        self._transactions += self._is_locked
        self._is_locked = False

    def _made_anew(self, seen: Mapping[str, int]) -> set[str]:
        """Return tables of before the revision that have another root page than at the last look."""
        old = self._before or {}
        return {name for name, page in seen.items() if name in old and self._last_page(name) != page}

    def _last_page(self, name: str) -> int | None:
        return self._now.get(name, (self._before or {}).get(name))

    def _read(self, query: Query) -> Mapping[str, int]:
        started_s = self._clock()
        try:
            return {row[0]: row[1] for row in query(_TABLES)}
        except Exception as err:  # whatever the project's driver raises
            raise ObservationFailed(f"observing the statement broke: {type(err).__name__}: {err}") from err
        finally:
            self._own_s += self._clock() - started_s

    def _time(self) -> float:
        """Return the time without what observing cost so far."""
        return self._clock() - self._own_s


def _rewrite(table: str) -> Rewrite:
    return Rewrite(table, RelationKind.TABLE, table)


def _finished(draft: _Draft) -> ObservedStatement:
    locks: tuple[Lock, ...] = ()
    if draft.since_s is not None:
        held_ms = max(0.0, draft.until_s - draft.since_s) * 1000
        locks = (Lock(LockMode.EXCLUSIVE, DATABASE, RelationKind.DATABASE, DATABASE, held_ms=held_ms),)
    return replace(draft.statement, locks=locks, rewrites=tuple(draft.rewrites))
