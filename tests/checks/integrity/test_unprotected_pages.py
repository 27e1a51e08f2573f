"""INT001."""

from __future__ import annotations

from dataclasses import replace

from pytest_dbops.checks.integrity.unprotected_pages import unprotected_pages
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target

FAILURE = {"database": "books", "failures": 3, "last_at": "2026-03-01T12:00:00+00:00"}


def _with_checksums(statistics: Statistics, word: str, *failures: dict[str, object]) -> Statistics:
    """What the server says, with what only initdb and a broken disk can change put in."""
    settings = {**statistics.settings, "data_checksums": word}
    return replace(statistics, settings=settings, parts={**statistics.parts, "checksum_failures": failures})


def test_pages_that_did_not_match_are_an_error(target: Target) -> None:
    statistics = _with_checksums(statistics_of(target.url()), "on", FAILURE)
    findings = ask(unprotected_pages, statistics=statistics)
    assert facts(findings, unprotected_pages) == [("books", Severity.ERROR)]


def test_checksums_that_are_off_are_a_warning(target: Target) -> None:
    findings = ask(unprotected_pages, statistics=_with_checksums(statistics_of(target.url()), "off"))
    assert facts(findings, unprotected_pages) == [("data_checksums", Severity.WARNING)]


def test_checksums_that_all_match_are_fine(target: Target) -> None:
    statistics = statistics_of(target.url())
    assert statistics.rows("checksum_failures") == []
    assert ask(unprotected_pages, statistics=_with_checksums(statistics, "on")) == []
