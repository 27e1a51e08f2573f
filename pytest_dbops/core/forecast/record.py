"""The forecasts for the revisions a target still lacks."""

from __future__ import annotations

from collections.abc import Callable

from pytest_dbops.core.forecast.fit import Estimate
from pytest_dbops.core.frozen import frozen


@frozen
class StatementForecast:
    """What one statement of a revision will take.

    sql: as it was observed; number: which of the revision's statements of that text, from 0. line: in its file.
    tables: those that were given more rows for it.
    """

    sql: str
    number: int
    line: int
    estimate: Estimate
    tables: tuple[str, ...] = ()


@frozen
class RevisionForecast:
    """What a revision will take as a whole, from its first line to its commit, and each of its statements.

    whole: None where it could not be measured; `unknown` then says why, in one line.
    """

    revision: str
    whole: Estimate | None = None
    statements: tuple[StatementForecast, ...] = ()
    unknown: str = ""


@frozen
class Forecasts:
    """All that are known. hardware: what they were measured on, in a few words; at: when, ISO 8601, UTC."""

    hardware: str = ""
    at: str = ""
    revisions: tuple[RevisionForecast, ...] = ()

    def of(self, revision: str) -> RevisionForecast | None:
        """Return the forecast of one revision, None where none was made."""
        return next((each for each in self.revisions if each.revision == revision), None)


FindForecasts = Callable[[], Forecasts]
"""Asks for them, once a process; what cannot be had is not in the answer."""
