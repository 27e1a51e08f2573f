"""Forecasts of statements by what was measured, and roughly where nothing was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from pytest_dbops.core.forecast.fit import Estimate
from pytest_dbops.core.forecast.record import RevisionForecast
from pytest_dbops.core.observed.budget import Forecast
from pytest_dbops.core.observed.observation import Observation
from pytest_dbops.core.observed.rough import rough_estimate
from pytest_dbops.core.observed.sizes import Sizes
from pytest_dbops.core.observed.statement import ObservedStatement


def measured_or_rough(observation: Observation, find: Callable[[], RevisionForecast | None]) -> Forecast:
    """Return the forecast for statements of one observation; equal ones are told apart by their order.

    find: what was measured of the revision; asked when the first statement is, for measuring takes its time.
    """
    found: dict[int, Estimate] | None = None

    def forecast(statement: ObservedStatement, sizes: Sizes) -> Estimate:
        nonlocal found
        if found is None:
            found = _by_identity(observation, find())
        estimate = found.get(id(statement))
        return rough_estimate(statement, sizes) if estimate is None else estimate

    return forecast


def _by_identity(observation: Observation, known: RevisionForecast | None) -> dict[int, Estimate]:
    measured = {(each.sql, each.number): each.estimate for each in known.statements} if known else {}
    found: dict[int, Estimate] = {}
    seen: Counter[str] = Counter()
    for each in observation.statements:
        if (each.sql, seen[each.sql]) in measured:
            found[id(each)] = measured[each.sql, seen[each.sql]]
        seen[each.sql] += 1
    return found
