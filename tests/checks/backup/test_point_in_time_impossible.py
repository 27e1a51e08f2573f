"""BAK007."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_dbops.checks.backup.point_in_time_impossible import point_in_time_impossible
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import PLAIN, Target


def test_archiving_that_is_required_and_off_is_found(target: Target) -> None:
    findings = ask(point_in_time_impossible, statistics=statistics_of(target.url()), thresholds={"is_required": True})
    assert facts(findings, point_in_time_impossible) == [("archive_mode", Severity.ERROR)]


def test_archiving_without_a_command_is_found(target: Target) -> None:
    statistics = statistics_of(target.url())
    settings = {**statistics.settings, "archive_mode": "on", "archive_command": "", "archive_library": ""}
    findings = ask(point_in_time_impossible, statistics=replace(statistics, settings=settings))
    assert facts(findings, point_in_time_impossible) == [("archive_command", Severity.ERROR)]


def test_slot_that_feeds_an_archive_is_fine(target: Target) -> None:
    target.admin("SELECT pg_create_physical_replication_slot('archive')")
    statistics = statistics_of(target.url())
    assert ask(point_in_time_impossible, statistics=statistics, thresholds={"is_required": True}) == []


def test_archiving_nobody_asks_for_may_be_off(target: Target) -> None:
    assert ask(point_in_time_impossible, statistics=statistics_of(target.url())) == []


def test_role_that_sees_some_settings_gets_no_answer(target: Target) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(point_in_time_impossible, statistics=statistics_of(target.url(PLAIN)))
