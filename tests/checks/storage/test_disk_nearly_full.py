"""STO002."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.checks.storage.disk_nearly_full import disk_nearly_full
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target

FULL = {"warn_free_percent": 100, "fail_free_percent": 0}
ROOM = {"warn_free_percent": 0, "fail_free_percent": 0}


def test_disk_without_enough_room_is_found(target: Target) -> None:
    findings = ask(disk_nearly_full, statistics=statistics_of(target.url(MONITOR)), thresholds=FULL)
    assert ("data", Severity.WARNING) in facts(findings, disk_nearly_full)


def test_disk_of_a_file_without_enough_room_is_found(database: Path) -> None:
    findings = ask(disk_nearly_full, statistics=statistics_of(sqlite_url(database)), thresholds=FULL)
    assert facts(findings, disk_nearly_full) == [("data", Severity.WARNING)]


def test_disk_with_room_is_fine(target: Target, database: Path) -> None:
    assert ask(disk_nearly_full, statistics=statistics_of(target.url()), thresholds=ROOM) == []
    assert ask(disk_nearly_full, statistics=statistics_of(sqlite_url(database)), thresholds=ROOM) == []


def test_server_on_another_machine_is_not_asked(target: Target) -> None:
    statistics = statistics_of(target.url())
    with pytest.raises(DoesNotApply, match="cannot be seen from here"):
        ask(disk_nearly_full, statistics=replace(statistics, parts={**statistics.parts, "disks": []}))


def test_role_that_does_not_see_where_the_data_is_gets_no_answer(target: Target) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(disk_nearly_full, statistics=statistics_of(target.url(PLAIN)))
