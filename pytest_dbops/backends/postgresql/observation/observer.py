"""Observe the statements of one PostgreSQL connection by looking, after each, at what it holds and has changed.

A statement that changes the schema is looked at right after it, one that changes rows before the next one that
differs. A lock counts for the statement by which more had to wait than before it; it ends with the transaction, or
with the return to a savepoint. The clock of statements and locks stands still while we look.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from pytest_dbops.backends.postgresql.observation.drafts import Draft
from pytest_dbops.backends.postgresql.observation.keywords import Sort, sort_of
from pytest_dbops.backends.postgresql.observation.ledger import Ledger
from pytest_dbops.backends.postgresql.observation.outside import Outside, watched
from pytest_dbops.backends.postgresql.observation.reading import ALL, HELD, Look, count_rows, look
from pytest_dbops.backends.postgresql.observation.watching import SecondSession
from pytest_dbops.core.observed import Changed, Moved, Observation, Query
from pytest_dbops.core.observed.statement import FAILED, bounded_sql

Clock = Callable[[], float]


class PostgresqlObserver:
    """A `StatementObserver` for PostgreSQL 14 and newer.

    second: by which statements are seen that run without a transaction; without it their locks are known ones.
    ignored: tables nobody wants to hear of, as the version table of the migrations.
    """

    def __init__(
        self,
        *,
        second: SecondSession | None = None,
        ignored: frozenset[str] = frozenset(),
        clock: Clock = time.perf_counter,
    ) -> None:
        self._clock = clock
        self._second = second
        self._ledger = Ledger(ignored)
        self.begin("")

    def begin(self, revision: str, *, direction: str = "upgrade") -> None:
        """Start a new observation; relations are read anew at its first statement."""
        self._revision, self._direction = revision, direction
        self._drafts: list[Draft] = []
        self._running: Draft | None = None
        self._waiting: Draft | None = None
        self._sort = Sort.QUIET
        self._tables_before: dict[int, str] | None = None
        self._is_known = False
        self._transaction = ""
        self._numbers: dict[str, int] = {}
        self._wal_bytes = 0
        self._wal_level = ""
        self._pid = 0
        self._own_s = 0.0

    def before_statement(self, query: Query, sql: str, *, line: int = 0, is_autocommit: bool = False) -> None:
        """Note that a statement is about to run."""
        self._sort, text = sort_of(sql), bounded_sql(sql)
        if self._sort is Sort.QUIET:
            return
        if self._sort is Sort.ROWS and self._is_about_ignored(sql):
            self._sort = Sort.QUIET
            self._settle(query)
            return
        if self._waiting is not None and self._sort is Sort.ROWS and self._waiting.sql == text:
            self._running, self._waiting = self._waiting, None
            self._running.times += 1
            self._restarted_s = self._now()
            return
        self._settle(query)
        if self._sort is Sort.END:
            self._end_transaction()
            return
        self._is_known &= not is_autocommit
        self._know(query)
        outside = self._look_on(text) if is_autocommit else None
        self._restarted_s = self._now()
        self._running = Draft(text, line, self._sort is Sort.SCHEMA, self._restarted_s, outside)

    def after_statement(self, query: Query) -> None:
        """Look at what the statement did, or put the look off while rows are changed."""
        if self._sort is Sort.END:
            self._is_known = False
        draft, self._running = self._running, None
        if draft is None:
            return
        draft.spent_s += self._now() - self._restarted_s
        if self._sort is Sort.ROWS:
            self._waiting = draft
        elif self._sort is Sort.BACK:
            self._went_back(query)
        else:
            self._record(query, draft)

    def statement_failed(self, reason: str, query: Query | None = None) -> None:
        """Keep the statement with the reason; what it left behind is looked for where the server can be asked."""
        draft, self._running = self._running, None
        if draft is None:
            return
        draft.spent_s += self._now() - self._restarted_s
        if draft.outside is not None and query is not None:
            self._record_outside(query, draft, draft.outside)
        else:
            if draft.outside is not None:
                draft.outside.stop()
            self._drafts.append(draft)
        draft.reason = f"{FAILED}{' '.join(reason.split())}"

    def before_commit(self, query: Query) -> None:
        """Look at what is not looked at yet, and end all locks."""
        self._settle(query)
        self._end_transaction()

    def rolled_back(self) -> None:
        """End all locks; what was known of the schema is no more."""
        self._abandon("its transaction was undone before it was looked at")
        self._end_transaction()
        self._ledger.undo_transaction()
        self._is_known = False

    def finish(self, query: Query | None = None) -> Observation:
        """Return what was observed, and forget it; `query` looks at rows that were changed without a commit."""
        if query is not None:
            self._settle(query)
        self._abandon("nothing could be asked any more when it was over")
        self._end_transaction()
        before = self._tables_before or {}
        after = self._ledger.tables() if self._tables_before is not None else {}
        kept = sorted(before.keys() & after.keys())
        observation = Observation(
            revision=self._revision,
            direction=self._direction,
            statements=tuple(draft.finished() for draft in self._drafts),
            created=tuple(sorted(after[oid] for oid in after.keys() - before.keys())),
            dropped=tuple(sorted(before[oid] for oid in before.keys() - after.keys())),
            moved=tuple(Moved(before[oid], after[oid]) for oid in kept if before[oid] != after[oid]),
            wal_level=self._wal_level,
            own_ms=self._own_s * 1000,
        )  # fmt: skip
        self.begin("")
        return observation

    def _abandon(self, reason: str) -> None:
        draft, self._waiting = self._waiting, None
        if draft is not None:
            draft.reason = reason
            self._drafts.append(draft)

    def _know(self, query: Query) -> None:
        """Read all relations, where they are not known or were changed behind our back."""
        if self._is_known:
            return
        seen = self._look(query, ALL)
        self._ledger.renew(seen)
        self._ledger.open_transaction()
        self._ledger.held, self._transaction = dict(seen.held), seen.transaction
        self._is_known = True
        if self._tables_before is None:
            self._tables_before = self._ledger.tables()

    def _settle(self, query: Query) -> None:
        """Look at the rows that were changed since the last look."""
        draft, self._waiting = self._waiting, None
        if draft is not None:
            self._record(query, draft)

    def _look_on(self, sql: str) -> Outside:
        """Let a second session look on while a statement runs that is a transaction of its own."""
        with self._standing_clock():
            if self._sort is Sort.ROWS:
                return Outside()
            return watched(self._ledger, sql, self._pid, self._second)

    def _record(self, query: Query, draft: Draft) -> None:
        if draft.outside is not None:
            self._record_outside(query, draft, draft.outside)
            return
        wal_bytes = self._wal_bytes
        seen = self._look(query, HELD)
        if seen.transaction != self._transaction:  # it ended out of our sight, as in a procedure that commits
            self._end_transaction()
        self._transaction = seen.transaction
        draft.transaction = self._numbers.setdefault(seen.transaction, len(self._numbers) + 1)
        self._fill(query, draft, seen, seen.wal_bytes - wal_bytes)

    def _record_outside(self, query: Query, draft: Draft, outside: Outside) -> None:
        """Record a statement that was a transaction of its own, by all relations before and after it."""
        wal_bytes, own_s = self._wal_bytes, self._own_s
        with self._standing_clock():
            held = outside.stop()
        waited_s = max(0.0, outside.let_go_s - own_s - draft.started_s) if outside.let_go_s else 0.0
        draft.spent_s -= waited_s
        seen = self._look(query, ALL)
        changing = self._ledger.changing(seen)
        held = {oid: held.get(oid, frozenset()) | changing.get(oid, frozenset()) for oid in {*held, *changing}}
        self._fill(query, draft, replace(seen, held=held), seen.wal_bytes - wal_bytes)
        draft.mark_known(outside.known)
        draft.reason = outside.reason
        draft.end_itself()
        self._ledger.open_transaction()

    def _fill(self, query: Query, draft: Draft, seen: Look, wal_bytes: int) -> None:
        ledger = self._ledger
        changed = ledger.changed(seen)
        draft.rewrites = tuple(sorted(ledger.rewrites(seen), key=lambda one: (one.table, one.relation)))
        draft.scans = tuple(sorted(ledger.scans(seen, is_schema=draft.is_schema), key=lambda one: one.table))
        draft.invalid_indexes = tuple(sorted(ledger.invalid_indexes(seen)))
        draft.wal_bytes = wal_bytes
        draft.lock_timeout_ms = seen.lock_timeout_ms
        draft.hold(ledger.take_over(seen))
        draft.changed = tuple(sorted(self._counted(query, draft, changed), key=lambda one: one.table))
        self._drafts.append(draft)

    def _counted(self, query: Query, draft: Draft, changed: Mapping[int, Changed]) -> Iterable[Changed]:
        """Add how many rows each table had of which some were updated or deleted; only then is a part a part."""
        touched = [oid for oid, one in changed.items() if one.touched and oid in self._ledger.now]
        tables = [self._ledger.now[oid] for oid in touched if self._ledger.now[oid].may_read]
        if not tables:
            return changed.values()
        with self._standing_clock():
            now = dict(zip((table.oid for table in tables), count_rows(query, tables), strict=True))
        before = {oid: now[oid] + changed[oid].deleted - changed[oid].inserted for oid in now}
        if draft.outside is None:
            self._ledger.take_over(self._look(query, HELD))  # counting was a scan, which is nobody's
        else:
            self._is_known = False
        return [replace(one, of_rows=max(0, before.get(oid, 0))) for oid, one in changed.items()]

    def _went_back(self, query: Query) -> None:
        """Return to a savepoint: locks taken since are given up, names and files are what they were."""
        seen = self._look(query, ALL)
        now_s = self._now()
        for oid, mode in self._ledger.given_up(seen.held):
            for draft in self._drafts:
                draft.give_up(oid, mode, now_s)
        self._ledger.renew(seen)
        self._ledger.held = dict(seen.held)

    def _end_transaction(self) -> None:
        now_s = self._now()
        for draft in self._drafts:
            draft.end(now_s)
        self._transaction = ""
        self._ledger.open_transaction()

    def _look(self, query: Query, sql: str) -> Look:
        with self._standing_clock():
            seen = look(query, sql)
        self._wal_bytes, self._wal_level, self._pid = seen.wal_bytes, seen.wal_level, seen.pid
        return seen

    @contextmanager
    def _standing_clock(self) -> Iterator[None]:
        started_s = self._clock()
        try:
            yield
        finally:
            self._own_s += self._clock() - started_s

    def _now(self) -> float:
        """Return the time without what observing cost so far."""
        return self._clock() - self._own_s

    def _is_about_ignored(self, sql: str) -> bool:
        return any(name in sql for name in self._ledger.ignored)
