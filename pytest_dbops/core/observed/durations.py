"""Times in words, as people say them."""

from __future__ import annotations

from pytest_dbops.core.forecast.fit import Estimate
from pytest_dbops.core.forecast.record import Forecasts


def in_words(ms: float) -> str:
    """Return a time with three digits and a unit that fits: `12.3 s`."""
    if ms < 1000:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.3g} s" if ms < 120_000 else f"{ms / 60_000:.3g} min"


def interval_in_words(estimate: Estimate) -> str:
    """Return both ends of an interval: `9.1 s to 20 s`."""
    return f"{in_words(estimate.low_ms)} to {in_words(estimate.high_ms)}"


def forecast_in_words(estimate: Estimate, hardware: str) -> str:
    """Return a forecast with its interval and what it was measured on."""
    if not estimate.is_measured:
        return f"about {in_words(estimate.ms)}: it works on no rows of the target ({hardware})"
    return f"about {in_words(estimate.ms)} at {estimate.rows:,} rows ({interval_in_words(estimate)}; {hardware})"


def kept_in_words(kept: Forecasts, revision: str) -> str:
    """Return what was measured of a revision before, ready to follow a sentence; nothing where nothing was."""
    forecast = kept.of(revision)
    if forecast is None or forecast.whole is None:
        return ""
    return f"; it will take {forecast_in_words(forecast.whole, kept.hardware)}, as measured at {kept.at}"
