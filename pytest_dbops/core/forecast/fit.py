"""Fit times that were measured at a few sizes, and carry them to another size with an interval.

A statement costs a start and a share a row (a scan, a rewrite, a change) or a share a row and comparison (a sort, an
index): `a + b n` or `a + b n log2 n`, neither part below nothing. Errors of a clock are a share of what it shows, so
squares are of relative errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import islice, product

from pytest_dbops.core.frozen import frozen

_MOST_PICKS = 729
_WIDER_A_DECADE = 0.5
"""By how much an interval is widened for each power of ten between the largest size measured and the target's: caches
overflow and sorts spill there (benchmark `forecast`)."""
_MUCH_BETTER = 0.5
"""How much better the steeper law has to fit: three sizes with noise do not tell the two apart otherwise."""
_SLACK_MS = 5.0
"""What planning, a cold cache or the scheduler may add to anything."""


class Growth(StrEnum):
    """How a time grows with the rows."""

    CONSTANT = "constant"
    LINEAR = "linear"
    N_LOG_N = "n log n"


@frozen
class Sample:
    """One run at one size."""

    rows: int
    ms: float


@frozen
class Estimate:
    """A time at `rows` rows; measured_rows: the largest size it was measured at, 0 where it was only reckoned."""

    ms: float
    low_ms: float
    high_ms: float
    growth: Growth = Growth.CONSTANT
    rows: int = 0
    measured_rows: int = 0

    @property
    def is_measured(self) -> bool:
        """Whether it comes of runs at several sizes."""
        return self.measured_rows > 0

    def __add__(self, other: Estimate) -> Estimate:
        """Return the time of both, one after the other."""
        return Estimate(
            self.ms + other.ms, self.low_ms + other.low_ms, self.high_ms + other.high_ms,
            max(self, other, key=lambda each: each.ms).growth, max(self.rows, other.rows),
            max(self.measured_rows, other.measured_rows),
        )  # fmt: skip


NOTHING = Estimate(0.0, 0.0, 0.0)


def at_any_size(ms: float) -> Estimate:
    """Return the time of what works on no rows, as it took once."""
    return Estimate(ms, max(0.0, ms - _SLACK_MS), ms + _SLACK_MS)


def carry(samples: Iterable[Sample], rows: int, *, may_grow: bool = True) -> Estimate:
    """Return the time to expect at `rows` rows; samples hold several runs a size, of one size or more.

    may_grow: False for what was seen to touch no row: then noise is not carried away. The interval spans what each
    choice of one run a size would say, by both laws, and is wider the further the sizes are left behind.
    """
    from statistics import median  # brings fractions and decimals along, for a gate that carries nothing too

    by_size: dict[int, list[float]] = {}
    for each in samples:
        by_size.setdefault(each.rows, []).append(max(each.ms, 1e-6))
    sizes = sorted(by_size)
    if not may_grow or len(sizes) < 2:
        times = [ms for each in by_size.values() for ms in each]
        low_ms, high_ms = max(0.0, min(times) - _SLACK_MS), max(times) + _SLACK_MS
        return Estimate(median(times), low_ms, high_ms, Growth.CONSTANT, rows, sizes[-1])
    laws = {law: _fit(sizes, [median(by_size[size]) for size in sizes], _LAWS[law]) for law in _LAWS}
    is_sort = laws[Growth.N_LOG_N].error < _MUCH_BETTER * laws[Growth.LINEAR].error
    law = Growth.N_LOG_N if is_sort else Growth.LINEAR
    ms = laws[law].at(rows)
    picks = islice(product(*(by_size[size] for size in sizes)), _MOST_PICKS)
    said = [_fit(sizes, pick, each).at(rows) for pick in picks for each in _LAWS.values()]
    wider = 1 + _WIDER_A_DECADE * max(0.0, math.log10(max(rows, 1) / sizes[-1]))
    low_ms, high_ms = max(0.0, min(ms, *said) / wider - _SLACK_MS), max(ms, *said) * wider + _SLACK_MS
    growth = law if laws[law].slope > 0 else Growth.CONSTANT
    return Estimate(ms, low_ms, high_ms, growth, rows, sizes[-1])


@frozen
class _Line:
    start: float
    slope: float
    law: Callable[[float], float]
    error: float

    def at(self, rows: int) -> float:
        return self.start + self.slope * self.law(rows)


def _linear(rows: float) -> float:
    return rows


def _n_log_n(rows: float) -> float:
    return rows * math.log2(rows) if rows > 1 else 0.0


_LAWS: dict[Growth, Callable[[float], float]] = {Growth.LINEAR: _linear, Growth.N_LOG_N: _n_log_n}


def _fit(sizes: Sequence[int], times: Sequence[float], law: Callable[[float], float]) -> _Line:
    """Return the line of the least relative squares, with neither a start nor a slope below nothing."""
    points = [(law(size), ms, 1 / ms**2) for size, ms in zip(sizes, times, strict=True)]
    weight = sum(w for _, _, w in points)
    mean_x, mean_y = (sum(w * p[i] for *p, w in points) / weight for i in (0, 1))
    spread = sum(w * (x - mean_x) ** 2 for x, _, w in points)
    slope = sum(w * (x - mean_x) * (y - mean_y) for x, y, w in points) / spread if spread else 0.0
    start = mean_y - slope * mean_x
    if slope <= 0:
        start, slope = mean_y, 0.0
    elif start < 0:
        start, slope = 0.0, sum(w * x * y for x, y, w in points) / sum(w * x * x for x, _, w in points)
    error = sum(w * (y - start - slope * x) ** 2 for x, y, w in points)
    return _Line(start, slope, law, error)
