"""What a server or a file says of itself, as every role and version gives it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql.watchdog import Watchdog
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege
from tests.checks.connectivity.asking import session_on, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target, needs_extension

PARTS = {
    "server", "activity", "lock_waits", "databases", "roles", "role_settings", "prepared_transactions", "replicas",
    "standby", "slots", "subscriptions", "pending_restart", "tables", "extensions", "table_activity", "index_activity",
    "database_counters", "checksum_failures", "checkpoint_counters", "wal_counters", "slru_counters", "archiver",
    "base_backups", "database_size", "tablespaces", "ages", "collations", "fill", "disks", "sequences",
    "available_extensions", "large_objects",
}  # fmt: skip
OF_THE_MONITOR = {"wal_files", "temporary_files", "archive_queue"}
GRANTED = {"hba_rules", "config_errors", "md5_passwords"}


def test_superuser_sees_every_part(target: Target) -> None:
    statistics = statistics_of(target.url())
    assert (set(statistics.parts), statistics.unreadable) == (PARTS | OF_THE_MONITOR | GRANTED, {})


def test_monitor_misses_only_what_needs_a_grant(target: Target) -> None:
    statistics = statistics_of(target.url(MONITOR))
    assert (set(statistics.parts), set(statistics.unreadable)) == (PARTS | OF_THE_MONITOR, GRANTED)


def test_plain_role_is_told_what_it_sees_a_part_of(target: Target) -> None:
    statistics = statistics_of(target.url(PLAIN))
    partial = {"settings", "activity", "databases", "roles", "replicas", "base_backups"}
    assert (set(statistics.parts), set(statistics.unreadable)) == (PARTS, GRANTED | OF_THE_MONITOR | partial)
    with pytest.raises(MissingPrivilege, match='GRANT pg_monitor TO "plain"'):
        statistics.rows("activity")


def test_two_round_trips_are_enough(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []
    watch = Watchdog.wait_for
    monkeypatch.setattr(Watchdog, "wait_for", lambda dog, seconds: (waits.append(1), watch(dog, seconds))[1])
    with session_on(target.url()) as session:
        waits.clear()
        backend_for("postgresql").read_statistics(session)
        assert len(waits) == 2


def test_view_that_is_broken_spoils_only_its_own_part(target: Target) -> None:
    needs_extension(target, "pg_stat_statements")  # its library is not loaded, so its views raise
    statistics = statistics_of(target.url())
    assert set(statistics.unreadable) == {"statements", "statements_info"}
    assert set(statistics.parts) == PARTS | OF_THE_MONITOR | GRANTED


def test_session_goes_on_after_a_part_was_refused(target: Target) -> None:
    with session_on(target.url()) as session:
        answers = session.query_each(["SELECT 1/0", "SELECT 'fine'"])
        session.verify()
        assert session.scalar("SELECT 2") == 2
    assert [str(answers[0]), answers[1]] == ["division by zero [22012]", [("fine",)]]


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
