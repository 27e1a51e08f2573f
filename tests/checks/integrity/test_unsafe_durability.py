"""INT014."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.checks.integrity.unsafe_durability import unsafe_durability
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target


@pytest.fixture
def safe(target: Target) -> Iterator[Target]:
    """The target, while the server looks after its rows; servers of tests do not."""
    for name in ("fsync", "full_page_writes"):
        target.admin(f"ALTER SYSTEM SET {name} = on")
    target.reload("full_page_writes", "on")
    yield target
    for name in ("fsync", "full_page_writes"):
        target.admin(f"ALTER SYSTEM RESET {name}")
    target.reload("full_page_writes", "off")


def test_server_that_may_lose_rows_is_found(target: Target) -> None:
    findings = ask(unsafe_durability, statistics=statistics_of(target.url()))
    assert facts(findings, unsafe_durability) == [("fsync", Severity.ERROR), ("full_page_writes", Severity.ERROR)]


def test_server_that_goes_past_damage_is_found(safe: Target) -> None:
    safe.admin("ALTER DATABASE target SET zero_damaged_pages = on")
    findings = ask(unsafe_durability, statistics=statistics_of(safe.url()))
    assert facts(findings, unsafe_durability) == [("zero_damaged_pages", Severity.ERROR)]


def test_server_that_looks_after_its_rows_is_fine(safe: Target) -> None:
    assert ask(unsafe_durability, statistics=statistics_of(safe.url())) == []
