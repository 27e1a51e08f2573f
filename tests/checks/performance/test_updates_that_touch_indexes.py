"""PRF014."""

from __future__ import annotations

from pytest_dbops.checks.performance.updates_that_touch_indexes import updates_that_touch_indexes
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of

HOT = "CREATE TABLE entry (id integer PRIMARY KEY, amount integer) WITH (fillfactor = 40)"
INDEXED = "CREATE TABLE entry (id integer PRIMARY KEY, amount integer UNIQUE) WITH (fillfactor = 40)"


def _updated(target: Target, table: str):
    target.admin(table)
    target.admin("INSERT INTO entry SELECT n, n FROM generate_series(1, 12000) AS n")
    statistics, history = an_hour_of(target, lambda: target.admin("UPDATE entry SET amount = -amount"))
    return ask(updates_that_touch_indexes, statistics=statistics, history=history)


def test_updates_of_an_indexed_column_are_found(target: Target) -> None:
    findings = _updated(target, INDEXED)
    assert facts(findings, updates_that_touch_indexes) == [("entry", Severity.WARNING)]


def test_updates_that_leave_the_indexes_alone_are_fine(target: Target) -> None:
    assert _updated(target, HOT) == []
