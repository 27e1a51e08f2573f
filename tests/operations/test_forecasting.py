"""A revision is measured where it works on rows of the target; where that is not known, neither is its time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from pytest_dbops.core.forecast import RevisionForecast
from pytest_dbops.core.observed import Observation, ObservedStatement, Scan
from pytest_dbops.core.observed.sizes import Sizes, TableSize
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.walk import Step, StepName, Walk, WalkedRevision
from pytest_dbops.operations.build import BuildOrder
from pytest_dbops.operations.forecasting import Measuring, forecast_walk

SCANS = ObservedStatement("CREATE INDEX i ON book (a)", 16, duration_ms=2.0, scans=(Scan("public.book"),))
RESTS = ObservedStatement("ALTER TABLE book ADD COLUMN a text", 16, duration_ms=2.0)


def no_database() -> AbstractContextManager[str]:
    """Stand for what may not be asked for."""
    raise AssertionError("nothing is to be measured")


def forecast(statement: ObservedStatement, rows: dict[str, int | None] | None) -> RevisionForecast:
    """Return the forecast of a revision of one statement, for a target whose table has so many rows."""
    observed = Observation("r1", statements=(statement,))
    walked = WalkedRevision("r1", steps=(Step(StepName.UPGRADE, 0.003),), observation=observed)
    walk = Walk("postgresql", "PostgreSQL 15", ("r1",), (walked,))
    tables = {name: TableSize(count) for name, count in (rows or {}).items()}
    target = TargetSizes(Sizes("s", "postgresql", "", tables) if rows is not None else None)
    measuring = Measuring(BuildOrder(Path()), no_database, lambda text: None)
    (found,) = forecast_walk(walk, target, measuring).revisions
    return found


@pytest.mark.parametrize(("statement", "rows"), [(RESTS, None), (SCANS, {"public.book": 0}), (SCANS, {})])
def test_what_works_on_no_rows_takes_what_it_took(
    statement: ObservedStatement, rows: dict[str, int | None] | None
) -> None:
    found = forecast(statement, rows)
    assert (found.unknown, found.whole and found.whole.ms, found.whole and found.whole.is_measured) == ("", 3.0, False)
    assert [each.estimate.ms for each in found.statements] == [2.0]


def test_unknown_sizes_are_told_and_not_taken_for_none() -> None:
    assert forecast(SCANS, None).unknown == "the sizes of the target's tables are not known"
    assert forecast(SCANS, {"public.book": None}).unknown == (
        "public.book was never analysed, so that its rows are not known (run there: ANALYZE public.book)"
    )
    assert forecast(SCANS, None).whole is None
