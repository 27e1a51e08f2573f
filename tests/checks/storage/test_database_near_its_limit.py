"""STO001."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_dbops.checks.storage.database_near_its_limit import database_near_its_limit
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import NOTHING_KEPT, kept

SMALL = {"warn_bytes": 1, "fail_bytes": 1 << 50}
DAYS = timedelta(days=4)


def _without_disks(statistics: Statistics) -> Statistics:
    return replace(statistics, parts={**statistics.parts, "disks": []})


def test_database_past_its_planned_size_is_found(target: Target) -> None:
    statistics = statistics_of(target.url())
    findings = ask(database_near_its_limit, statistics=statistics, history=NOTHING_KEPT, thresholds=SMALL)
    assert facts(findings, database_near_its_limit) == [("target", Severity.WARNING)]


def test_file_past_its_planned_size_is_found(database: Path) -> None:
    statistics = statistics_of(sqlite_url(database))
    findings = ask(database_near_its_limit, statistics=statistics, history=NOTHING_KEPT, thresholds=SMALL)
    assert facts(findings, database_near_its_limit) == [("app.db", Severity.WARNING)]


def test_growth_that_will_soon_use_up_the_plan_is_found(target: Target) -> None:
    history = kept(statistics_of(target.url()), ago=DAYS)
    target.admin("CREATE TABLE entry AS SELECT n, repeat('x', 500) FROM generate_series(1, 10000) AS n")
    statistics = statistics_of(target.url())
    size = statistics.rows("database_size")[0]["bytes"]
    thresholds = {"warn_bytes": size + 5_000_000, "fail_bytes": size + 5_000_000}
    findings = ask(database_near_its_limit, statistics=statistics, history=history, thresholds=thresholds)
    assert facts(findings, database_near_its_limit) == [("target", Severity.WARNING)]
    assert "by its growth in the last 4 days" in findings[0].message


def test_database_that_does_not_grow_is_fine(target: Target) -> None:
    statistics = statistics_of(target.url())
    history = kept(statistics, ago=DAYS)
    thresholds = {"warn_bytes": 1 << 50, "fail_bytes": 1 << 50}
    assert ask(database_near_its_limit, statistics=statistics, history=history, thresholds=thresholds) == []


def test_file_below_its_planned_size_is_fine(database: Path) -> None:
    statistics = statistics_of(sqlite_url(database))
    assert ask(database_near_its_limit, statistics=statistics, history=NOTHING_KEPT) == []


def test_database_without_a_plan_on_a_disk_nobody_sees_is_not_asked(target: Target) -> None:
    statistics = _without_disks(statistics_of(target.url()))
    with pytest.raises(DoesNotApply, match="no size is planned"):
        ask(database_near_its_limit, statistics=statistics, history=NOTHING_KEPT)
