"""Bounds of partitions as the server words them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pytest_dbops.checks.schema._bounds import HashBound, Numbers, Span, hash_bound, range_of
from pytest_dbops.core.catalog import Table


def partition(bound: str) -> Table:
    return Table("public", "p", (), partition_bound=bound)


def test_range_of_dates_is_a_span() -> None:
    found = range_of(partition("FOR VALUES FROM ('2026-03-01') TO ('2026-04-01')"))
    assert found == Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), "2026-03-01", "2026-04-01")


@pytest.mark.parametrize(
    ("bound", "following"),
    [
        ("FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')", "2027-01-01"),
        ("FOR VALUES FROM ('2025-10-01') TO ('2026-01-01')", "2026-04-01"),
        ("FOR VALUES FROM ('2026-03-02') TO ('2026-03-09')", "2026-03-16"),
        ("FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2026-01-01 00:00:00+00')", "2027-01-01 00:00:00+00:00"),
    ],
)
def test_period_that_follows_is_as_long_as_the_last_one(bound: str, following: str) -> None:
    found = range_of(partition(bound))
    assert isinstance(found, Span)
    assert found.following_text == following


def test_range_of_numbers_keeps_them() -> None:
    assert range_of(partition("FOR VALUES FROM (-10) TO (20)")) == Numbers(-10, 20)


@pytest.mark.parametrize(
    "bound",
    [
        "DEFAULT",
        "FOR VALUES IN ('de')",
        "FOR VALUES FROM (MINVALUE) TO ('2026-01-01')",
        "FOR VALUES FROM ('a') TO ('b')",
        "FOR VALUES FROM (1, 2) TO (3, 4)",
        "FOR VALUES FROM ('44 BC') TO ('2026-01-01')",
    ],
)
def test_other_bounds_are_no_range(bound: str) -> None:
    assert range_of(partition(bound)) is None


def test_bound_of_a_hash_has_modulus_and_remainder() -> None:
    assert hash_bound(partition("FOR VALUES WITH (modulus 4, remainder 1)")) == HashBound(4, 1)
