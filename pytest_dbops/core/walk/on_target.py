"""What the revisions a target lacks did on a scratch copy of the target's own schema."""

from __future__ import annotations

from dataclasses import field

from pytest_dbops.core.forecast.record import Forecasts
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.walk.record import Walk


@frozen
class TargetRehearsal:
    """The walk over what is pending, each revision over generated rows, and what each will take at the target.

    walk: from the target's own schema; the revisions it has are in `counted`.
    """

    walk: Walk
    forecasts: Forecasts = field(default_factory=Forecasts)
