"""Limits, and how durations and sizes read."""

from __future__ import annotations

import pytest

from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, render_duration, severity_of


@pytest.mark.parametrize(
    ("value", "expected"), [(9, None), (10, Severity.WARNING), (19.9, Severity.WARNING), (20, Severity.ERROR)]
)
def test_limit_counts_from_its_own_value_on(value: float, expected: Severity | None) -> None:
    assert severity_of(value, warn=10, fail=20) is expected


def test_fail_limit_below_the_warning_still_fails() -> None:
    assert severity_of(5, warn=10, fail=5) is Severity.ERROR


@pytest.mark.parametrize(("severity", "limit"), [(Severity.WARNING, 10), (Severity.ERROR, 20)])
def test_limit_that_was_reached_is_named(severity: Severity, limit: float) -> None:
    assert limit_reached(severity, warn=10, fail=20) == limit


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.0123456, "0.0123 s"),
        (45, "45 s"),
        (119, "119 s"),
        (120, "2 min"),
        (5_400, "90 min"),
        (111_600, "31 h"),
        (172_800, "2 d"),
        (999.6, "17 min"),
    ],
)
def test_duration_reads_in_a_unit_people_use(seconds: float, text: str) -> None:
    assert render_duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1000, "1000 bytes"),
        (1024, "1 kB"),
        (16 << 20, "16 MB"),
        (256 << 20, "256 MB"),
        (1536 << 20, "1.5 GB"),
        (1_047_552, "1023 kB"),
    ],
)
def test_size_reads_as_postgresql_writes_it(size: float, text: str) -> None:
    assert render_bytes(size) == text
