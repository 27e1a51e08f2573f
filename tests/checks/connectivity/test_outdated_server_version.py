"""CON004."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_dbops.checks.connectivity.outdated_server_version import outdated_server_version
from pytest_dbops.core.environment import Kind
from pytest_dbops.core.server_versions import POSTGRESQL
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, environment_at, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import Target


def _newest(statistics: Statistics) -> Statistics:
    """Return the server as it would be after its newest known update."""
    release = POSTGRESQL[statistics.version[0]]
    return replace(statistics, version=(release.major, release.newest_minor or 0))


def _day(major: int, *, days: int) -> datetime:
    """Return noon, `days` after a major version's last day."""
    return datetime.combine(POSTGRESQL[major].end_of_life, datetime.min.time(), UTC) + timedelta(days=days, hours=12)


def test_major_version_past_its_end_is_a_warning(target: Target) -> None:
    statistics, environment = _newest(statistics_of(target.url())), environment_at(target.url())
    major = target.server.major
    findings = ask(outdated_server_version, statistics=statistics, environment=environment, clock=_day(major, days=1))
    assert facts(findings, outdated_server_version) == [(f"PostgreSQL {major}", Severity.WARNING)]
    assert findings[0].message == f"support of PostgreSQL {major} ended on {POSTGRESQL[major].end_of_life}, 1 days ago"


def test_end_that_comes_near_is_an_info(target: Target) -> None:
    statistics, environment = _newest(statistics_of(target.url())), environment_at(target.url())
    major = target.server.major
    findings = ask(outdated_server_version, statistics=statistics, environment=environment, clock=_day(major, days=-30))
    assert facts(findings, outdated_server_version) == [(f"PostgreSQL {major}", Severity.INFO)]


def test_first_minor_release_is_behind(target: Target) -> None:
    major = target.server.major
    statistics = replace(statistics_of(target.url()), version=(major, 0))
    findings = ask(
        outdated_server_version,
        statistics=statistics,
        environment=environment_at(target.url()),
        clock=_day(major, days=-400),
    )
    assert facts(findings, outdated_server_version) == [(f"PostgreSQL {major}", Severity.WARNING)]
    assert "was out on 2026-08-24" in findings[0].message


def test_newest_minor_release_of_a_supported_version_is_fine(target: Target) -> None:
    findings = ask(
        outdated_server_version,
        statistics=_newest(statistics_of(target.url())),
        environment=environment_at(target.url()),
        clock=_day(target.server.major, days=-400),
    )
    assert findings == []


def test_old_server_of_a_developer_is_an_info(target: Target) -> None:
    major = target.server.major
    findings = ask(
        outdated_server_version,
        statistics=_newest(statistics_of(target.url())),
        environment=environment_at(target.url(), Kind.TESTING),
        clock=_day(major, days=400),
    )
    assert facts(findings, outdated_server_version) == [(f"PostgreSQL {major}", Severity.INFO)]


@pytest.mark.parametrize(("version", "expected"), [((3, 37), [("SQLite", Severity.WARNING)]), ((3, 38), [])])
def test_old_sqlite_library_is_found(
    database: Path, version: tuple[int, int], expected: list[tuple[str, Severity]]
) -> None:
    url = sqlite_url(database)
    statistics = replace(statistics_of(url), version=version)
    findings = ask(outdated_server_version, statistics=statistics, environment=environment_at(url))
    assert facts(findings, outdated_server_version) == expected
