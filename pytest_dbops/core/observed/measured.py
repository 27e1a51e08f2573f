"""Forecasts of statements by what was measured, and roughly where nothing was."""

from __future__ import annotations

from collections import Counter

from pytest_dbops.core.forecast.fit import Estimate
from pytest_dbops.core.forecast.record import RevisionForecast
from pytest_dbops.core.observed.budget import Forecast
from pytest_dbops.core.observed.observation import Observation
from pytest_dbops.core.observed.rough import rough_estimate
from pytest_dbops.core.observed.sizes import Sizes
from pytest_dbops.core.observed.statement import ObservedStatement


def measured_or_rough(observation: Observation, known: RevisionForecast | None) -> Forecast:
    """Return the forecast for statements of one observation; equal ones are told apart by their order."""
    measured = {(each.sql, each.number): each.estimate for each in known.statements} if known else {}
    found: dict[int, Estimate] = {}
    seen: Counter[str] = Counter()
    for each in observation.statements:
        if (each.sql, seen[each.sql]) in measured:
            found[id(each)] = measured[each.sql, seen[each.sql]]
        seen[each.sql] += 1

    def forecast(statement: ObservedStatement, sizes: Sizes) -> Estimate:
        estimate = found.get(id(statement))
        return rough_estimate(statement, sizes) if estimate is None else estimate

    return forecast
