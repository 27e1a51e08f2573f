"""Times measured at small sizes are carried to large ones by the law they follow, within an interval."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_dbops.core.forecast import Growth, Sample, carry

SIZES = (5_000, 20_000, 80_000)


@given(start=st.floats(0, 50), slope=st.floats(1e-4, 1))
def test_line_is_carried_exactly(start: float, slope: float) -> None:
    found = carry([Sample(size, start + slope * size) for size in SIZES], 10_000_000)
    assert found.ms == pytest.approx(start + slope * 10_000_000, rel=1e-6)
    assert found.growth is Growth.LINEAR
    assert found.low_ms <= found.ms <= found.high_ms


def test_sort_is_carried_as_a_sort() -> None:
    found = carry([Sample(size, 1e-4 * size * math.log2(size)) for size in SIZES], 10_000_000)
    assert found.growth is Growth.N_LOG_N
    assert found.ms == pytest.approx(1e-4 * 1e7 * math.log2(1e7), rel=1e-6)


@given(
    noise=st.lists(st.floats(0.8, 1.25), min_size=9, max_size=9), slope=st.floats(1e-3, 1),
    rows=st.integers(80_000, 100_000_000),
)  # fmt: skip
def test_truth_behind_a_quarter_of_noise_lies_within_the_interval(noise: list[float], slope: float, rows: int) -> None:
    samples = [Sample(size, slope * size * noise[3 * i + j]) for i, size in enumerate(SIZES) for j in range(3)]
    found = carry(samples, rows)
    assert found.low_ms / 1.3 <= slope * rows <= found.high_ms * 1.3
    assert found.low_ms <= found.ms <= found.high_ms


@given(times=st.lists(st.floats(0, 1e6), min_size=3, max_size=3), rows=st.integers(0, 10**10))
def test_no_times_make_a_time_below_nothing(times: list[float], rows: int) -> None:
    found = carry([Sample(size, ms) for size, ms in zip(SIZES, times, strict=True)], rows)
    assert 0 <= found.low_ms <= found.ms <= found.high_ms < math.inf


def test_what_touches_no_rows_takes_what_it_took() -> None:
    found = carry([Sample(5_000, 0.3), Sample(20_000, 0.5), Sample(80_000, 0.9)], 10**9, may_grow=False)
    assert (found.ms, found.low_ms, found.high_ms, found.growth) == (0.5, 0.0, 5.9, Growth.CONSTANT)


def test_times_that_fall_with_the_rows_are_taken_for_constant() -> None:
    found = carry([Sample(5_000, 9.0), Sample(20_000, 5.0), Sample(80_000, 3.0)], 10**7)
    assert found.growth is Growth.CONSTANT
    assert 3.0 <= found.ms <= 9.0


def test_interval_is_wider_the_further_the_sizes_are_left_behind() -> None:
    samples = [Sample(size, size / 100 * (1 + 0.1 * turn)) for size in SIZES for turn in range(3)]
    near, far = carry(samples, 100_000), carry(samples, 100_000_000)
    assert far.high_ms / far.ms > near.high_ms / near.ms
