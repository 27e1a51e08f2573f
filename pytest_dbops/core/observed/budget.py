"""Judge the locks of a revision by what an environment allows: how many rows may wait, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding, JsonValue, Row
from pytest_dbops.core.forecast.fit import NOTHING, Estimate
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.locks.budget import LockBudget
from pytest_dbops.core.locks.mode import Blocked, LockMode
from pytest_dbops.core.observed.durations import in_words, interval_in_words
from pytest_dbops.core.observed.observation import Observation
from pytest_dbops.core.observed.rough import rough_estimate
from pytest_dbops.core.observed.safer import safer_way
from pytest_dbops.core.observed.sizes import EXPORT, Sizes
from pytest_dbops.core.observed.statement import Lock, ObservedStatement
from pytest_dbops.core.severity import Severity

Forecast = Callable[[ObservedStatement, Sizes], Estimate]
"""How long a statement will take by itself on tables of these sizes."""


@frozen
class _Held:
    """A lock with the statements that ran while it was held, the one that took it first."""

    lock: Lock
    during: Sequence[ObservedStatement]

    @property
    def taker(self) -> ObservedStatement:
        return self.during[0]


def judge_locks(
    observation: Observation,
    sizes: Sizes | None,
    budget: LockBudget,
    *,
    environment: str,
    forecast: Forecast = rough_estimate,
) -> Iterator[Finding]:
    """Yield a finding for each lock that blocks more rows for longer than the environment allows.

    sizes: of the target before this revision. forecast: what to expect of a statement at those sizes.
    Raises CannotJudge without sizes, where there is a lock whose judgement depends on them.
    """
    for held in _held_locks(observation, budget):
        if sizes is None:
            raise CannotJudge(
                f"how long {held.lock.table} would be locked depends on its rows, and no sizes of"
                f" {environment!r} are known (run: {EXPORT.format(environment=environment)})"
            )
        yield from _over_budget(held, sizes, budget, environment, forecast)
    if budget.needs_lock_timeout:
        yield from _without_timeout(observation, sizes)


def unjudged_locks(observation: Observation, sizes: Sizes | None, budget: LockBudget) -> Iterator[str]:
    """Yield why a statement or a table could not be judged, one line each; nothing when all of them could."""
    for statement in observation.statements:
        if not statement.is_observed and not statement.locks and not statement.has_failed:
            yield f"what {_short(statement.sql)!r} locks is not known: {statement.reason}"
    tables = {held.lock.table for held in _held_locks(observation, budget)}
    for table in sorted(tables):
        if sizes and sizes.rows(table) is None:
            yield f"{table} was never analysed, so that its rows are not known (run on the target: ANALYZE {table})"


def _held_locks(observation: Observation, budget: LockBudget) -> Iterator[_Held]:
    """Yield the strongest lock with a limit that a statement newly took on each table that others can see."""
    for number, statement in enumerate(observation.statements):
        strongest: dict[str, Lock] = {}
        for lock in statement.locks:
            if lock.is_created_in_transaction or budget.allowance(lock.mode) is None:
                continue
            known = strongest.get(lock.table)
            if known is None or lock.mode > known.mode:
                strongest[lock.table] = lock
        later = _of_same_transaction(statement, observation.statements[number + 1 :])
        yield from (_Held(lock, [statement, *later]) for lock in strongest.values())


def _of_same_transaction(first: ObservedStatement, later: Sequence[ObservedStatement]) -> list[ObservedStatement]:
    if first.transaction is None:
        return []
    return [statement for statement in later if statement.transaction == first.transaction]


def _over_budget(
    held: _Held, sizes: Sizes, budget: LockBudget, environment: str, forecast: Forecast
) -> Iterator[Finding]:
    lock, allowed = held.lock, budget.allowance(held.lock.mode)
    rows = _rows_blocked(held, sizes)
    if allowed is None or rows is None or rows <= allowed.rows:
        return
    parts = [forecast(statement, sizes) for statement in held.during]
    held_for = sum(parts, NOTHING)
    if held_for.ms <= allowed.ms:
        return
    longest = held.during[max(range(len(parts)), key=lambda number: parts[number].ms)]
    yield Finding(
        subject=lock.table,
        message=f"{_sentence(held, longest, rows, held_for)};"
        f" {environment} allows {in_words(allowed.ms)} above {allowed.rows:,} rows",
        hint=_hint(held, longest),
        evidence=(_evidence(held, longest, rows, held_for),),
        identity=f"{lock.mode.key} {held.taker.sql}",
        severity=Severity.ERROR if _stops_work(lock.mode) else Severity.WARNING,
    )


def _rows_blocked(held: _Held, sizes: Sizes) -> int | None:
    """Return how many rows others cannot get at: those of the table, or those that are changed."""
    rows = sizes.rows(held.lock.table)
    if held.lock.mode is not LockMode.ROW_EXCLUSIVE or rows is None:
        return rows
    shares = [one.share for one in held.taker.changed if one.table == held.lock.table]
    return round(rows * max(shares, default=0.0))


def _sentence(held: _Held, longest: ObservedStatement, rows: int, held_for: Estimate) -> str:
    lock, sql, about = held.lock, _short(held.taker.sql), f"{in_words(held_for.ms)}{_measured(held_for)}"
    busy = "" if longest is held.taker else f" while {_short(longest.sql)!r} works"
    if lock.mode is LockMode.ROW_EXCLUSIVE:
        return f"{sql!r} changes {rows:,} rows of {lock.table}, and for about {about}{busy} their writers wait"
    taken = f"{sql!r} holds {lock.mode.words} on {lock.table} ({rows:,} rows) for about {about}"
    return f"{taken}{busy}, and {lock.mode.blocks_words} wait"


def _measured(held_for: Estimate) -> str:
    """Return the interval of what was measured, and on what; nothing of what was only reckoned."""
    return f" ({interval_in_words(held_for)} on scratch hardware)" if held_for.is_measured else ""


def _evidence(held: _Held, longest: ObservedStatement, rows: int, held_for: Estimate) -> Row:
    rewritten: list[JsonValue] = [*sorted(longest.rewritten_tables)]
    scanned: list[JsonValue] = [*sorted(longest.scanned_tables)]
    return {
        "statement": held.taker.sql,
        "line": held.taker.line,
        "mode": held.lock.mode.words,
        "relation": held.lock.relation,
        "rows": rows,
        "forecast_ms": round(held_for.ms),
        "forecast_low_ms": round(held_for.low_ms),
        "forecast_high_ms": round(held_for.high_ms),
        "forecast_measured_at_rows": held_for.measured_rows,
        "held_ms_when_rehearsed": round(held.lock.held_ms, 1),
        "wal_bytes_when_rehearsed": held.taker.wal_bytes,
        "rewritten": rewritten,
        "scanned": scanned,
        "is_seen": held.lock.is_seen,
    }


def _hint(held: _Held, longest: ObservedStatement) -> str:
    if longest is not held.taker:
        return f"take the lock last, or in a revision of its own; for what works so long: {safer_way(longest)}"
    hint = safer_way(held.taker)
    if not held.taker.lock_timeout_ms and Blocked.WRITES in held.lock.mode.blocks:
        hint += "; no lock_timeout is set either, so that a long query before it makes everybody wait for both"
    return hint


def _stops_work(mode: LockMode) -> bool:
    return Blocked.WRITES in mode.blocks or mode is LockMode.ROW_EXCLUSIVE


def _without_timeout(observation: Observation, sizes: Sizes | None) -> Iterator[Finding]:
    """Yield a finding for the first lock that would wait for ever, and make others wait behind it."""
    for statement in observation.statements:
        for lock in statement.locks:
            is_empty = sizes is not None and sizes.rows(lock.table) == 0
            if lock.is_created_in_transaction or is_empty or statement.lock_timeout_ms:
                continue
            if Blocked.WRITES in lock.mode.blocks:
                yield Finding(
                    subject=lock.table,
                    message=f"{_short(statement.sql)!r} asks for {lock.mode.words} on {lock.table} without a"
                    f" lock_timeout: behind one long query it waits for ever, and {lock.mode.blocks_words} behind it",
                    hint="op.execute(\"SET LOCAL lock_timeout = '2s'\") first, or deploy by dbops migrate deploy",
                    identity=f"lock_timeout {statement.sql}",
                    severity=Severity.WARNING,
                )
                return


def _short(sql: str) -> str:
    return sql if len(sql) <= 80 else f"{sql[:79]}…"
