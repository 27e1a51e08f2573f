"""The time over which counters are judged: between two snapshots that no reset parts, or since a known reset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pytest_dbops.core.counters.samples import OF_ONE_ROW, Sample, sample_of, samples_in
from pytest_dbops.core.errors import CannotJudge, DoesNotApply, MissingPrivilege
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.threshold import render_duration

SHORTEST_S = 600.0
"""Less than ten minutes tell of a moment, not of a load."""

LONGEST_S = 8 * 86_400.0
"""More than a week dilutes what went wrong today."""

FIRST_RUN = (
    "compares with an earlier run, and there is none from at least ten minutes ago (keep .dbops/history between runs)"
)


@frozen
class Window:
    """What was counted of one part between two moments."""

    part: str
    seconds: float
    began: str
    is_since_reset: bool
    before: Sample | None
    after: Sample

    def grown(self, column: str, row: str = "") -> float:
        """Return by how much a counter has grown; raises CannotJudge for one the server does not have."""
        key = f"{self.part}/{row}/{column}"
        if key not in self.after.counters:
            raise CannotJudge(f"the server counts no {column!r} in {self.part.replace('_', ' ')}")
        return self.after.counters[key] - (self.before.counters.get(key, 0.0) if self.before else 0.0)

    def rows(self) -> tuple[str, ...]:
        """Return the names of what is counted without having been begun anew between.

        A statement may have come up within the window; a table must have been counted at both ends.
        """
        may_be_new = self.before is None or self.part == "statements"
        names: dict[str, bool] = {}
        for key, value in self.after.counters.items():
            part, name, _ = key.split("/", 2)
            if part == self.part:
                then = self.before.counters.get(key) if self.before else None
                is_sound = may_be_new if then is None else then <= value
                names[name] = names.get(name, True) and is_sound
        return tuple(name for name, is_sound in names.items() if is_sound)

    def per_hour(self, amount: float) -> float:
        """Return an amount of the window as a rate."""
        return amount * 3_600 / self.seconds

    def __str__(self) -> str:
        source = "the last reset of the statistics" if self.is_since_reset else "an earlier run"
        return f"in the {render_duration(self.seconds)} since {source} at {self.began[:16]}"


def window_of(statistics: Statistics, history: History, part: str) -> Window:
    """Return the youngest window long enough to judge a part of the statistics by.

    Raises MissingPrivilege when the role does not see the part, DoesNotApply while no run lies far enough back to
    compare with, and CannotJudge when the statistics were reset or lost since, or are another server's.
    """
    if part in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable[part])
    now, kept = sample_of(statistics), samples_in(history)
    for sample in reversed(kept):
        if _is_comparable(sample, now, part) and SHORTEST_S <= _between(sample, now) <= LONGEST_S:
            return Window(part, _between(sample, now), sample.taken_at, is_since_reset=False, before=sample, after=now)
    since = now.since.get(part, "")
    age_s = (now.moment - datetime.fromisoformat(since)).total_seconds() if since else None
    if age_s is not None and SHORTEST_S <= age_s <= LONGEST_S:
        return Window(part, age_s, since, is_since_reset=True, before=None, after=now)
    if not any(_between(sample, now) >= SHORTEST_S for sample in kept):
        raise DoesNotApply(FIRST_RUN)
    raise CannotJudge(_why_none(kept, now, part, age_s))


def counting_since(statistics: Statistics, history: History, part: str) -> datetime | None:
    """Return from when on a part surely counts: as the server says, or as long as we have watched; else None."""
    now = sample_of(statistics)
    if now.since.get(part):
        return datetime.fromisoformat(now.since[part])
    watched = [sample.moment for sample in samples_in(history) if _is_counted_on(sample, now, part)]
    return min(watched, default=None)


def gauge_line(statistics: Statistics, history: History, key: str) -> tuple[tuple[float, float], ...]:
    """Return how a size went on: (seconds before now, negative; value), oldest first, this moment last."""
    now = sample_of(statistics)
    return tuple(
        (-_between(sample, now), sample.counters[key])
        for sample in (*samples_in(history), now)
        if sample.place == now.place and key in sample.counters and sample.moment <= now.moment
    )


def _is_comparable(before: Sample, after: Sample, part: str) -> bool:
    """Tell whether one server counted on from the one to the other, and both have what it counted."""
    single = [key for key in before.counters if key.startswith(f"{part}//")]
    has_shrunk = any(after.counters.get(key, 0) < before.counters[key] for key in single)
    return (before.is_whole or part in OF_ONE_ROW) and not has_shrunk and _is_counted_on(before, after, part)


def _is_counted_on(before: Sample, after: Sample, part: str) -> bool:
    """Tell whether neither a reset, nor a crash, nor a failover lies between: then nothing was begun anew."""
    return before.place == after.place and part in after.resets and before.resets.get(part) == after.resets[part]


def _between(before: Sample, after: Sample) -> float:
    return (after.moment - before.moment).total_seconds()


def _why_none(kept: Sequence[Sample], now: Sample, part: str, age_s: Any) -> str:
    what = part.replace("_", " ")
    if age_s is not None and age_s < SHORTEST_S:
        return (
            f"the statistics ({what}) are {render_duration(age_s)} old, too young for a rate; "
            f"{render_duration(SHORTEST_S)} are needed"
        )
    if any(_is_comparable(sample, now, part) for sample in kept):
        newest = max(sample.moment for sample in kept)
        ago = (now.moment - newest).total_seconds()
        return (
            f"the last run that kept the statistics ({what}) was {render_duration(ago)} ago; a rate needs one between "
            f"{render_duration(SHORTEST_S)} and {render_duration(LONGEST_S)} ago"
        )
    return f"the statistics ({what}) were reset, or are another server's, since the last run; the next one can judge"
