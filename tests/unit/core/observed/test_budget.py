"""What a budget of locks makes of an observation: no sizes, forecasts of others, unknown rows, lock_timeout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.forecast import Estimate, Growth
from pytest_dbops.core.locks.budget import Allowance, LockBudget
from pytest_dbops.core.observed import Changed, Lock, LockMode, Observation, ObservedStatement, RelationKind, Scan
from pytest_dbops.core.observed.budget import Forecast, judge_locks, unjudged_locks
from pytest_dbops.core.observed.rough import rough_ms
from pytest_dbops.core.observed.sizes import Sizes, TableSize
from pytest_dbops.core.severity import Severity

AE = LockMode.ACCESS_EXCLUSIVE
BUDGET = LockBudget(access_exclusive=Allowance(rows=1000, ms=2000))
SIZES = Sizes("production", "postgresql", "now", {"p.invoice": TableSize(1001), "p.unseen": TableSize(None)})
LOCK = Lock(AE, "p.invoice", RelationKind.TABLE, "p.invoice")
SQL = "ALTER TABLE invoice ALTER note SET NOT NULL"
STATEMENT = ObservedStatement(SQL, line=12, transaction=1, locks=(LOCK,), scans=(Scan("p.invoice"),))


def judged(
    *statements: ObservedStatement, sizes: Sizes | None = SIZES, budget: LockBudget = BUDGET, forecast: Forecast
) -> list[Finding]:
    observation = Observation("5eed00000001", statements=statements)
    return list(judge_locks(observation, sizes, budget, environment="production", forecast=forecast))


def taking(ms: float) -> Forecast:
    return lambda statement, sizes: Estimate(ms, ms, ms)


def test_finding_says_what_is_held_for_how_long_and_what_is_allowed() -> None:
    (finding,) = judged(STATEMENT, forecast=taking(2001))
    assert finding.message == (
        f"{SQL!r} holds ACCESS EXCLUSIVE on p.invoice (1,001 rows) for about 2 s, and reads, writes and DDL wait;"
        " production allows 2 s above 1,000 rows"
    )
    assert (finding.subject, finding.severity, finding.evidence[0]["line"]) == ("p.invoice", Severity.ERROR, 12)


def test_measured_time_is_told_with_its_interval_and_where_it_comes_from() -> None:
    measured = Estimate(2001, 1500, 9000, Growth.LINEAR, rows=1001, measured_rows=500)
    (finding,) = judged(STATEMENT, forecast=lambda statement, sizes: measured)
    assert "for about 2 s (1.5 s to 9 s on scratch hardware), and reads" in finding.message
    assert finding.evidence[0]["forecast_high_ms"] == 9000
    assert finding.evidence[0]["forecast_measured_at_rows"] == 500


def test_limits_themselves_are_allowed() -> None:
    assert judged(STATEMENT, forecast=taking(2000)) == []
    small = Sizes("production", "postgresql", "now", {"p.invoice": TableSize(1000)})
    assert judged(STATEMENT, sizes=small, forecast=taking(9e9)) == []


def test_statements_of_the_same_transaction_add_up() -> None:
    later = ObservedStatement("CREATE INDEX ON entry (note)", transaction=1)
    (finding,) = judged(STATEMENT, later, forecast=lambda one, _: Estimate(1900 if one is later else 200, 0, 0))
    assert "for about 2.1 s while 'CREATE INDEX ON entry (note)' works, and reads" in finding.message
    assert judged(STATEMENT, replace(later, transaction=2), forecast=taking(1500)) == []


def test_statement_without_a_transaction_stands_alone() -> None:
    alone = replace(STATEMENT, transaction=None)
    assert judged(alone, alone, forecast=taking(1500)) == []


def test_fingerprint_does_not_hang_on_sizes_or_times() -> None:
    (one,) = judged(STATEMENT, forecast=taking(2001))
    more = Sizes("production", "postgresql", "now", {"p.invoice": TableSize(10**9)})
    (other,) = judged(STATEMENT, sizes=more, forecast=taking(9e9))
    assert one.fingerprint == other.fingerprint


def test_without_sizes_the_command_that_gives_them_is_named() -> None:
    with pytest.raises(CannotJudge) as refused:
        judged(STATEMENT, sizes=None, forecast=taking(1))
    assert str(refused.value) == (
        "how long p.invoice would be locked depends on its rows, and no sizes of 'production' are known"
        " (run: dbops migrate stats export --env production)"
    )


def test_without_sizes_what_blocks_nobody_is_still_judged() -> None:
    unseen = replace(STATEMENT, locks=(replace(LOCK, is_created_in_transaction=True),))
    weak = replace(STATEMENT, locks=(replace(LOCK, mode=LockMode.ACCESS_SHARE),))
    assert judged(unseen, weak, sizes=None, forecast=taking(9e9)) == []


def test_table_that_was_never_analysed_is_not_judged_and_not_forgotten() -> None:
    lock = replace(LOCK, relation="p.unseen", table="p.unseen")
    statement = replace(STATEMENT, locks=(lock,))
    assert judged(statement, forecast=taking(9e9)) == []
    observation = Observation("5eed00000001", statements=(statement,))
    assert list(unjudged_locks(observation, SIZES, BUDGET)) == [
        "p.unseen was never analysed, so that its rows are not known (run on the target: ANALYZE p.unseen)"
    ]


def test_statement_that_was_not_observed_is_not_forgotten() -> None:
    dark = ObservedStatement("ALTER TABLE invoice ADD note text", is_observed=False, reason="nobody looked on")
    failed = replace(dark, reason="it failed: no such table")
    known = replace(dark, locks=(replace(LOCK, is_seen=False),))
    observation = Observation("5eed00000001", statements=(dark, failed, known))
    assert list(unjudged_locks(observation, SIZES, BUDGET)) == [
        "what 'ALTER TABLE invoice ADD note text' locks is not known: nobody looked on"
    ]


def test_missing_lock_timeout_is_told_once_where_it_is_needed() -> None:
    needy = LockBudget(needs_lock_timeout=True)
    (finding,) = judged(STATEMENT, STATEMENT, budget=needy, forecast=taking(0))
    assert (finding.severity, "without a lock_timeout" in finding.message) == (Severity.WARNING, True)
    assert judged(replace(STATEMENT, lock_timeout_ms=2000), budget=needy, forecast=taking(0)) == []


def test_mode_that_only_ddl_waits_for_is_a_warning() -> None:
    budget = LockBudget(share_update_exclusive=Allowance(0, 0))
    statement = replace(STATEMENT, locks=(replace(LOCK, mode=LockMode.SHARE_UPDATE_EXCLUSIVE),))
    (finding,) = judged(statement, budget=budget, forecast=taking(1))
    assert finding.severity is Severity.WARNING


def test_changed_rows_are_a_part_of_the_targets() -> None:
    changed = Changed("p.invoice", updated=5, of_rows=50)
    statement = ObservedStatement("UPDATE invoice SET note = 'x'", transaction=1, changed=(changed,))
    assert changed.share == 0.1
    assert rough_ms(statement, SIZES) == pytest.approx(1000 * 100.1 / 50_000)
    assert Changed("p.invoice", updated=5).share == 1


def test_budget_and_observation_survive_as_json() -> None:
    observation = Observation("5eed00000001", statements=(STATEMENT,))
    assert from_json(Observation, to_json(observation)) == observation
    assert from_json(LockBudget, to_json(BUDGET)) == BUDGET
