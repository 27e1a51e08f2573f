"""Two snapshots of a real server with work between them; the first is told to be from an hour before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from pytest_dbops.core.counters import (
    COUNTERS_KEY,
    SETTINGS_KEY,
    Sample,
    kept_settings,
    sample_of,
    samples_in,
    with_sample,
)
from pytest_dbops.core.session import Statistics
from pytest_dbops.operations.kept_history import KeptHistory
from tests.checks.connectivity.asking import statistics_of
from tests.checks.connectivity.conftest import Target
from tests.fix_settled import wait_until_counted

NOTHING_KEPT = KeptHistory()


def an_hour_of(target: Target, work: Callable[[], object], *, others: int = 0) -> tuple[Statistics, KeptHistory]:
    """Return what the server says after some work, and what a run an hour before it has kept.

    others: sessions that stay open while it begins.
    """
    wait_until_counted(target.url(), others=others)
    before = statistics_of(target.url())
    work()
    wait_until_counted(target.url())
    return statistics_of(target.url()), kept(before)


def kept(
    statistics: Statistics, *, ago: timedelta = timedelta(hours=1), after: KeptHistory = NOTHING_KEPT
) -> KeptHistory:
    """Return the history that a run some time ago has left."""
    sample = moved(sample_of(statistics), ago)
    settings = json.dumps(kept_settings(statistics))
    return KeptHistory({COUNTERS_KEY: with_sample(samples_in(after), sample), SETTINGS_KEY: settings})


def moved(sample: Sample, ago: timedelta) -> Sample:
    """Return a sample as if it had been taken some time earlier."""
    return replace(sample, taken_at=(sample.moment - ago).isoformat())


def later(statistics: Statistics, by: timedelta) -> Statistics:
    """Return statistics as if nothing had happened for some time since."""
    return replace(statistics, taken_at=(datetime.fromisoformat(statistics.taken_at) + by).isoformat())
