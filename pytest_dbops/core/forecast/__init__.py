"""How long a pending revision will take at the target's sizes, from what it took at small ones."""

from pytest_dbops.core.forecast.fit import Estimate, Growth, Sample, at_any_size, carry
from pytest_dbops.core.forecast.record import FindForecasts, Forecasts, RevisionForecast, StatementForecast

__all__ = [
    "Estimate",
    "FindForecasts",
    "Forecasts",
    "Growth",
    "RevisionForecast",
    "Sample",
    "StatementForecast",
    "at_any_size",
    "carry",
]
