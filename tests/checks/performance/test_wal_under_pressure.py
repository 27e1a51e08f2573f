"""PRF011."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.checks.performance.wal_under_pressure import wal_under_pressure
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of

ANY = {"least_bytes_per_hour": 1, "buffers_full_per_second": 1_000_000}


@pytest.fixture
def safe(target: Target) -> Iterator[Target]:
    """The target, while the server writes copies of whole pages."""
    target.admin("ALTER SYSTEM SET full_page_writes = on")
    target.reload("full_page_writes", "on")
    yield target
    target.admin("ALTER SYSTEM RESET full_page_writes")
    target.reload("full_page_writes", "off")


def _touch(target: Target) -> None:
    target.admin("CHECKPOINT")
    target.admin("UPDATE entry SET n = n WHERE n % 100 = 0")


def test_wal_of_copied_pages_is_found(safe: Target) -> None:
    safe.admin("CREATE TABLE entry AS SELECT n, repeat('x', 100) FROM generate_series(1, 10000) AS n")
    statistics, history = an_hour_of(safe, lambda: _touch(safe))
    findings = ask(wal_under_pressure, statistics=statistics, history=history, thresholds=ANY)
    assert facts(findings, wal_under_pressure) == [("max_wal_size", Severity.WARNING)]


def test_full_buffers_are_found(target: Target) -> None:
    filling = "CREATE TABLE entry AS SELECT n, repeat('x', 500) FROM generate_series(1, 40000) AS n"
    statistics, history = an_hour_of(target, lambda: target.admin(filling))
    thresholds = {"least_bytes_per_hour": 1, "buffers_full_per_second": 0, "page_image_percent": 100}
    findings = ask(wal_under_pressure, statistics=statistics, history=history, thresholds=thresholds)
    assert facts(findings, wal_under_pressure) == [("wal_buffers", Severity.WARNING)]


def test_little_wal_is_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: None)
    assert ask(wal_under_pressure, statistics=statistics, history=history) == []
