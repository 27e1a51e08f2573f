"""MIG013."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.checks.migrations.fails_on_target import fails_on_target
from pytest_dbops.core.catalog.difference import CatalogDiff, Change, Difference
from pytest_dbops.core.catalog.drift import Drift, Drifts
from pytest_dbops.core.catalog.facts import Facet
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.forecast import Estimate, Forecasts, Growth, RevisionForecast, StatementForecast
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import Failure, MetRows, Refusal, Rows, Step, StepName, Walk, WalkedRevision
from pytest_dbops.core.walk.on_target import TargetRehearsal
from tests.checks.migrations.records import UP, revision

FAILURE = Failure("DuplicateColumn", 'column "isbn" already exists', "ALTER TABLE book ADD COLUMN isbn TEXT", 16)
FAILS = revision(Step(StepName.UPGRADE, 0.1, FAILURE))
PASSES = revision(UP)


def drifts(*tables: str) -> Drifts:
    """Return that each of these tables has a column more."""
    return Drifts(
        tuple(
            Drift(
                name,
                CatalogDiff((_more(name),)),
                CatalogDiff(),
            )
            for name in tables
        )
    )  # fmt: skip


def _more(name: str) -> Difference:
    return Difference(f"table {name}", "column more", "", Change.ADDED, None, "text", Facet.STRUCTURE)


def judge(
    on_target: WalkedRevision, on_history: WalkedRevision = PASSES, drifted: Drifts = Drifts(),  # noqa: B008
    forecasts: Forecasts = Forecasts(),  # noqa: B008
) -> Iterator[Finding]:  # fmt: skip
    found, known = (Walk("postgresql", "PostgreSQL 15", ("r1",), (each,)) for each in (on_target, on_history))
    return iter(list(fails_on_target(TargetRehearsal(found, forecasts), known, drifted)))


def test_revision_that_meets_a_change_by_hand_is_named_with_it_and_the_statement() -> None:
    (finding,) = judge(FAILS, drifted=drifts("author", "reader", "shelf", "book"))
    assert finding.message == (
        "upgrade of 'r1' fails on the target's own schema (versions/r1.py:16): DuplicateColumn: column \"isbn\" already"
        " exists; the target has drifted: + column more of table book (text); + column more of table author (text);"
        " + column more of table reader (text); and 1 more (see target_drift)"
    )
    assert finding.evidence[0] == {"statement": "ALTER TABLE book ADD COLUMN isbn TEXT"}
    assert finding.severity is None


def test_what_fails_on_the_history_too_is_told_by_others() -> None:
    assert list(judge(FAILS, FAILS)) == []
    assert list(judge(PASSES)) == []


def test_rows_that_only_the_target_refuses_are_a_warning() -> None:
    refused = revision(UP, met=MetRows(Rows.NONE, Refusal(Rows.USUAL, FAILURE)))
    (finding,) = judge(refused)
    assert finding.severity is Severity.WARNING
    assert "over generated rows" in finding.message


def test_revision_that_was_not_rehearsed_is_never_a_pass() -> None:
    with pytest.raises(CannotJudge, match="'r1' was not rehearsed on the target's schema: the disk is full"):
        judge(revision(unjudged="the disk is full"))


def test_each_revision_is_an_info_with_its_forecast_or_why_there_is_none() -> None:
    time = Estimate(12_000, 9_000, 20_000, Growth.N_LOG_N, 5_000_000, 80_000)
    statement = StatementForecast("CREATE INDEX i ON book (a)", 0, 16, time)
    known = RevisionForecast("r1", time, (statement,))
    unknown = RevisionForecast("r2", unknown="rows of book cannot be multiplied: it has none")
    first, second = judge(PASSES, forecasts=Forecasts("scratch PostgreSQL 15", "now", (known, unknown)))
    assert first.message == "'r1' will take about 12 s at 5,000,000 rows (9 s to 20 s; scratch PostgreSQL 15)"
    assert (first.severity, first.evidence[0]["forecast_ms"]) == (Severity.INFO, 12_000)
    assert second.message == ("how long 'r2' will take is not known: rows of book cannot be multiplied: it has none")
