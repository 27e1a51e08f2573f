"""MIG006."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from pytest_dbops.checks.migrations.locks import locks
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.forecast import Estimate, FindForecasts, Forecasts, Growth, RevisionForecast, StatementForecast
from pytest_dbops.core.observed import (
    Lock,
    LockMode,
    Moved,
    Observation,
    ObservedStatement,
    RelationKind,
    Rewrite,
    Scan,
)
from pytest_dbops.core.observed.sizes import Sizes, TableSize
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import MetRows, Walk, WalkedRevision
from tests.checks.migrations.records import AGAIN, DOWN, UP, messages, revision

KINDS = {
    kind: Environment(kind.value, kind, "postgresql", None, "", policy) for kind, policy in DEFAULT_POLICIES.items()
}
SHARE = Lock(LockMode.SHARE, "public.invoice", RelationKind.TABLE, "public.invoice", held_ms=2.0)
INDEX = ObservedStatement(
    "CREATE INDEX late ON invoice (due)", line=16, transaction=1, locks=(SHARE,), scans=(Scan("public.invoice"),)
)
OBSERVED = Observation("r1", statements=(INDEX,))
WALKED = revision(UP, DOWN, AGAIN, met=MetRows(), observation=OBSERVED)


def sizes(tables: Mapping[str, int]) -> TargetSizes:
    return TargetSizes(Sizes("production", "postgresql", "", {name: TableSize(rows) for name, rows in tables.items()}))


BIG = sizes({"public.invoice": 5_000_000})


def judge(
    target: TargetSizes, walked: WalkedRevision = WALKED, *earlier: WalkedRevision, kind: Kind = Kind.PRODUCTION,
    forecasts: FindForecasts = Forecasts,
) -> Iterator[Finding]:  # fmt: skip
    walk = Walk("postgresql", "PostgreSQL 15", ("r1",), (*earlier, walked))
    return iter(list(locks(walked, walk, KINDS[kind], lambda: target, forecasts)))


def test_long_lock_on_a_big_table_is_a_finding_with_file_line_and_the_safe_way() -> None:
    (finding,) = judge(BIG)
    assert (finding.subject, finding.severity) == ("public.invoice", Severity.ERROR)
    assert finding.message.startswith(
        "'r1' (versions/r1.py:16): 'CREATE INDEX late ON invoice (due)' holds SHARE on public.invoice (5,000,000 rows)"
    )
    assert "production allows 2 s above 10,000 rows" in finding.message
    assert finding.hint.startswith("CREATE INDEX CONCURRENTLY")


def test_time_that_was_measured_counts_in_place_of_the_one_that_was_reckoned() -> None:
    quick = Estimate(4.0, 3.0, 5.0, Growth.LINEAR, 5_000_000, 80_000)
    forecast = RevisionForecast("r1", quick, (StatementForecast(INDEX.sql, 0, 16, quick),))
    assert list(judge(BIG, forecasts=lambda: Forecasts("scratch", "now", (forecast,)))) == []


def test_same_lock_on_a_small_table_is_none() -> None:
    assert list(judge(sizes({"public.invoice": 500}))) == []


def test_unknown_sizes_are_never_a_pass() -> None:
    with pytest.raises(CannotJudge, match="dbops migrate stats export --env production"):
        judge(TargetSizes())
    with pytest.raises(CannotJudge, match=r"public\.invoice was never analysed"):
        judge(TargetSizes(Sizes("production", "postgresql", "", {"public.invoice": TableSize(None)})))


def test_revision_that_locks_nothing_old_needs_no_sizes() -> None:
    new = replace(INDEX, locks=(replace(SHARE, is_created_in_transaction=True),), scans=())
    assert list(judge(TargetSizes(), replace(WALKED, observation=Observation("r1", statements=(new,))))) == []


@pytest.mark.parametrize("kind", [Kind.DEVELOPMENT, Kind.TESTING])
def test_environment_without_a_budget_needs_no_sizes(kind: Kind) -> None:
    assert list(judge(TargetSizes(), kind=kind)) == []


def test_revision_that_the_target_has_is_skipped() -> None:
    with pytest.raises(DoesNotApply, match="the target has it already"):
        judge(replace(BIG, applied=frozenset({"r1"})))


def test_table_that_an_earlier_revision_renames_keeps_its_size() -> None:
    moved = Observation("r0", moved=(Moved("public.bill", "public.invoice"),))
    earlier = replace(WALKED, revision="r0", observation=moved)
    assert len(list(judge(sizes({"public.bill": 5_000_000}), WALKED, earlier))) == 1


def test_revision_that_could_not_be_observed_is_never_a_pass() -> None:
    with pytest.raises(CannotJudge, match="observing broke"):
        judge(BIG, replace(WALKED, observation=None, unobserved="observing broke: no"))
    with pytest.raises(DoesNotApply, match="ended early"):
        judge(BIG, replace(WALKED, observation=None, met=None))


def test_table_that_batch_mode_makes_anew_is_an_info() -> None:
    whole = Lock(LockMode.EXCLUSIVE, "main", RelationKind.DATABASE, "main", held_ms=3.2)
    table = Rewrite("invoice", RelationKind.TABLE, "invoice")
    made = ObservedStatement(
        "ALTER TABLE _alembic_tmp_invoice RENAME TO invoice", 16, 1, locks=(whole,), rewrites=(table,)
    )
    (finding,) = judge(TargetSizes(), replace(WALKED, observation=Observation("r1", statements=(made,))))
    assert (finding.subject, finding.severity) == ("invoice", Severity.INFO)
    assert messages([finding]) == [
        "'r1' (versions/r1.py:16) makes invoice anew, every row of it; meanwhile nobody else writes to the file"
    ]
    assert finding.evidence[0]["held_ms_when_rehearsed"] == 3
