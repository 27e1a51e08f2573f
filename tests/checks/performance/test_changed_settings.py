"""PRF016."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_dbops.checks.performance.changed_settings import changed_settings
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import PLAIN, Target
from tests.checks.counting import NOTHING_KEPT, kept


def test_changed_setting_is_told(target: Target) -> None:
    history = kept(statistics_of(target.url()))
    target.admin("ALTER DATABASE target SET work_mem = '7MB'")
    findings = ask(changed_settings, statistics=statistics_of(target.url()), history=history)
    assert facts(findings, changed_settings) == [("work_mem", Severity.WARNING)]
    assert findings[0].message == "setting 'work_mem' is '7168' and was '4096' at the last run"


def test_unchanged_settings_are_fine(target: Target) -> None:
    statistics = statistics_of(target.url())
    assert ask(changed_settings, statistics=statistics, history=kept(statistics)) == []


def test_first_run_has_nothing_to_compare_with(target: Target) -> None:
    with pytest.raises(DoesNotApply, match="compares with an earlier run"):
        ask(changed_settings, statistics=statistics_of(target.url()), history=NOTHING_KEPT)


def test_role_that_sees_some_settings_gets_no_answer(target: Target) -> None:
    statistics = statistics_of(target.url(PLAIN))
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(changed_settings, statistics=statistics, history=kept(statistics_of(target.url())))


def test_changed_mode_of_a_file_is_told(database: Path) -> None:
    history = kept(statistics_of(sqlite_url(database)))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    findings = ask(changed_settings, statistics=statistics_of(sqlite_url(database)), history=history)
    assert facts(findings, changed_settings) == [("journal_mode", Severity.WARNING)]


def test_file_that_grew_is_fine(database: Path) -> None:
    history = kept(statistics_of(sqlite_url(database)))
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE further (id INTEGER PRIMARY KEY)")
    assert ask(changed_settings, statistics=statistics_of(sqlite_url(database)), history=history) == []
