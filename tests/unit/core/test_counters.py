"""Rates are taken between two samples that one server has counted on between, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_dbops.core.counters import (
    COUNTERS_KEY,
    FIRST_RUN,
    counting_since,
    gauge_line,
    sample_of,
    samples_in,
    window_of,
    with_sample,
)
from pytest_dbops.core.errors import CannotJudge, DoesNotApply, MissingPrivilege
from pytest_dbops.core.session import Statistics
from pytest_dbops.operations.kept_history import KeptHistory

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
LONG_AGO = "2025-01-01T00:00:00+00:00"
PART = "database_counters"
NOTHING = KeptHistory()


def statistics(at: datetime = NOON, *, deadlocks: int = 5, reset: str | None = LONG_AGO, **more: Any) -> Statistics:
    """What a server says that has counted some deadlocks."""
    server = {"system_identifier": "1", "server_address": None, "database": "books", "started_at": LONG_AGO}
    parts: Mapping[str, Any] = {
        "server": [{**server, **more.get("server", {})}],
        PART: [{"deadlocks": deadlocks, "temp_bytes": 0, "stats_reset": reset}],
        "wal_counters": [{"records": 1, "stats_reset": more.get("lost", LONG_AGO)}],
        "table_activity": more.get("tables", []),
        "database_size": [{"name": "books", "bytes": more.get("size", 100)}],
    }
    return Statistics("postgresql", (18, 1), at.isoformat(), {}, parts, more.get("unreadable", {}))


def history(*earlier: Statistics) -> KeptHistory:
    """What runs have left, oldest first."""
    kept = NOTHING
    for each in earlier:
        kept = KeptHistory({COUNTERS_KEY: with_sample(samples_in(kept), sample_of(each))})
    return kept


def ago(**delta: float) -> datetime:
    return NOON - timedelta(**delta)


def test_growth_is_told_with_its_window() -> None:
    window = window_of(statistics(deadlocks=9), history(statistics(ago(hours=2), deadlocks=5)), PART)
    assert (window.grown("deadlocks"), window.per_hour(window.grown("deadlocks"))) == (4, 2)
    assert str(window) == "in the 2 h since an earlier run at 2026-03-15T10:00"


def test_youngest_run_that_is_far_enough_back_is_taken() -> None:
    runs = history(statistics(ago(days=3)), statistics(ago(hours=5)), statistics(ago(minutes=30)))
    assert window_of(statistics(), runs, PART).seconds == 30 * 60


def test_run_of_a_moment_ago_is_left_out() -> None:
    runs = history(statistics(ago(hours=1)), statistics(ago(seconds=20)))
    assert window_of(statistics(), runs, PART).seconds == 3600


def test_runs_that_follow_closely_do_not_push_out_the_one_to_compare_with() -> None:
    runs = history(statistics(ago(hours=1)), *(statistics(ago(seconds=200 - n)) for n in range(100)))
    assert window_of(statistics(), runs, PART).seconds == 3600
    assert len(samples_in(runs)) == 3


def test_first_run_has_nothing_to_compare_with() -> None:
    with pytest.raises(DoesNotApply) as raised:
        window_of(statistics(reset=None), NOTHING, PART)
    assert str(raised.value) == FIRST_RUN


def test_reset_of_this_week_is_a_window_of_its_own() -> None:
    window = window_of(statistics(reset=ago(hours=3).isoformat()), NOTHING, PART)
    assert (window.grown("deadlocks"), window.seconds) == (5, 3 * 3600)
    assert str(window) == "in the 3 h since the last reset of the statistics at 2026-03-15T09:00"


def test_reset_of_long_ago_is_no_window() -> None:
    with pytest.raises(DoesNotApply):
        window_of(statistics(), NOTHING, PART)


@pytest.mark.parametrize(
    "now",
    [
        statistics(reset=ago(minutes=5).isoformat()),
        statistics(lost=ago(minutes=5).isoformat()),
        statistics(server={"system_identifier": "2"}),
        statistics(server={"server_address": "192.0.2.7"}),
        statistics(server={"database": "other"}),
        statistics(deadlocks=2),
    ],
    ids=["reset", "crash", "failover", "address", "database", "less than before"],
)
def test_nothing_is_compared_across_what_began_anew(now: Statistics) -> None:
    with pytest.raises(CannotJudge, match=r"too young for a rate|were reset, or are another server's"):
        window_of(now, history(statistics(ago(hours=1), deadlocks=5)), PART)


def test_run_of_last_month_is_too_far_back() -> None:
    with pytest.raises(CannotJudge, match="a rate needs one between 10 min and 8 d ago"):
        window_of(statistics(), history(statistics(ago(days=30))), PART)


def test_part_that_the_role_does_not_see_is_a_matter_of_privilege() -> None:
    with pytest.raises(MissingPrivilege, match="grant"):
        window_of(statistics(unreadable={PART: "grant"}), history(statistics(ago(hours=1))), PART)


def test_part_that_the_earlier_run_did_not_see_gives_no_rate() -> None:
    runs = history(statistics(ago(hours=1), unreadable={PART: "grant"}))
    with pytest.raises(CannotJudge):
        window_of(statistics(), runs, PART)


def _table(name: str, scans: int) -> dict[str, Any]:
    counted = {"sequential_scans": scans, "sequential_rows": 0, "updates": 0, "hot_updates": 0}
    return {"schema": "public", "name": name, **counted}


def test_only_tables_that_were_counted_on_are_told() -> None:
    before = statistics(ago(hours=1), tables=[_table("kept", 5), _table("made_anew", 9)])
    now = statistics(tables=[_table("kept", 7), _table("made_anew", 1), _table("new", 3)])
    window = window_of(now, history(before), "table_activity")
    assert window.rows() == ("public.kept",)
    assert window.grown("sequential_scans", "public.kept") == 2


def test_weeks_are_kept_a_sample_a_day_without_single_tables() -> None:
    runs = history(*(statistics(ago(hours=6 * n), tables=[_table("t", 1)]) for n in range(80, 0, -1)))
    kept = samples_in(runs)
    assert [sample.is_whole for sample in kept[-6:]] == [True] * 6
    days = [sample.taken_at[:10] for sample in kept if not sample.is_whole]
    assert days == sorted(set(days))
    assert len(kept) < 30


def test_thinned_sample_is_no_end_of_a_window_of_tables() -> None:
    before = history(statistics(ago(hours=1), tables=[_table("t", 1)]))
    thin = replace(samples_in(before)[0], is_whole=False)
    runs = KeptHistory({COUNTERS_KEY: with_sample((), thin)})
    with pytest.raises(CannotJudge):
        window_of(statistics(tables=[_table("t", 9)]), runs, "table_activity")


def test_server_that_does_not_say_when_it_began_is_known_as_long_as_it_was_watched() -> None:
    runs = history(statistics(ago(days=30), reset=None), statistics(ago(days=1), reset=None))
    assert counting_since(statistics(reset=None), runs, "table_activity") == ago(days=30)
    assert counting_since(statistics(reset=None), NOTHING, "table_activity") is None


def test_size_is_a_line_through_all_runs() -> None:
    runs = history(statistics(ago(days=2), size=50), statistics(ago(days=1), size=80))
    line = gauge_line(statistics(size=100), runs, "database_size//bytes")
    assert line == ((-2 * 86400, 50), (-86400, 80), (0, 100))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"samples": [{"taken_at": 1}]}'])
def test_history_that_cannot_be_read_is_begun_anew(text: str) -> None:
    assert samples_in(KeptHistory({COUNTERS_KEY: text})) == ()
