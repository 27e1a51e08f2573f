"""What a server or a file says of itself, as every role and version gives it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege
from tests.checks.connectivity.asking import session_on, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target

PARTS = {
    "server", "activity", "lock_waits", "databases", "roles", "role_settings", "prepared_transactions", "replicas",
    "standby", "slots", "subscriptions", "pending_restart", "tables",
}  # fmt: skip
GRANTED = {"hba_rules", "config_errors", "md5_passwords"}


def test_superuser_sees_every_part(target: Target) -> None:
    statistics = statistics_of(target.url())
    assert (set(statistics.parts), statistics.unreadable) == (PARTS | GRANTED, {})


def test_monitor_misses_only_what_needs_a_grant(target: Target) -> None:
    statistics = statistics_of(target.url(MONITOR))
    assert (set(statistics.parts), set(statistics.unreadable)) == (PARTS, GRANTED)


def test_plain_role_is_told_what_it_sees_a_part_of(target: Target) -> None:
    statistics = statistics_of(target.url(PLAIN))
    partial = {"settings", "activity", "databases", "roles", "replicas"}
    assert (set(statistics.parts), set(statistics.unreadable)) == (PARTS, GRANTED | partial)
    with pytest.raises(MissingPrivilege, match='GRANT pg_monitor TO "plain"'):
        statistics.rows("activity")


def test_two_statements_are_enough(target: Target) -> None:
    with session_on(target.url()) as session:
        asked: list[str] = []
        counted = _Counting(session, asked)
        backend_for("postgresql").read_statistics(counted)
    assert len(asked) == 2


def test_statistics_are_plain_values(target: Target) -> None:
    statistics = statistics_of(target.url())
    assert json.loads(json.dumps(statistics.parts, default=list)) == {
        name: list(rows) for name, rows in statistics.parts.items()
    }


def test_limits_of_our_own_session_do_not_show(target: Target) -> None:
    assert statistics_of(target.url()).settings["statement_timeout"] == "0"


def test_settings_that_may_hold_a_password_are_masked(target: Target) -> None:
    target.admin("ALTER SYSTEM SET primary_conninfo = 'password=swordfish'")
    target.reload("primary_conninfo", "password=swordfish")
    statistics = statistics_of(target.url())
    target.admin("ALTER SYSTEM RESET primary_conninfo")
    target.reload("primary_conninfo", "")
    assert statistics.settings["primary_conninfo"] == "(set)"
    assert "swordfish" not in repr(statistics)


def test_part_that_no_product_has_is_no_empty_answer(target: Target) -> None:
    with pytest.raises(CannotJudge, match="postgresql has no statistics called 'weather'"):
        statistics_of(target.url()).rows("weather")


def test_file_tells_its_settings_and_neighbours(database: Path) -> None:
    statistics = statistics_of(sqlite_url(database))
    assert statistics.settings["journal_mode"] == "delete"
    assert [(row["name"], row["mode"]) for row in statistics.rows("files")] == [("app.db", "0600")]
    assert statistics.rows("locks") == []


class _Counting:
    """A session that notes the statements it passes on."""

    def __init__(self, session, asked: list[str]) -> None:
        self._session, self._asked = session, asked
        self.dialect, self.identity, self.capabilities = session.dialect, session.identity, session.capabilities

    def query(self, sql: str, params=None):
        self._asked.append(sql)
        return self._session.query(sql, params)
