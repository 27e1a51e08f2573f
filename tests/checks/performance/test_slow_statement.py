"""PRF004."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.performance.slow_statement import slow_statement
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import NOTHING_KEPT, an_hour_of

RUN = "SELECT count(*) FROM generate_series(1, 20000) AS n WHERE n::text = 'swordfish';"


def _work(target: Target) -> None:
    with target.connect() as connection:
        for _ in range(20):
            connection.execute(RUN)


def test_slow_statement_is_found_and_shows_no_value(counting_target: Target) -> None:
    statistics, history = an_hour_of(counting_target, lambda: _work(counting_target))
    thresholds = {"warn_ms": 0.01, "fewest_calls": 10}
    findings = ask(slow_statement, statistics=statistics, history=history, thresholds=thresholds)
    found = [each for each in findings if "generate_series" in each.subject]
    assert facts(found, slow_statement) == [
        ("SELECT count(*) FROM generate_series($1, $2) AS n WHERE n::text = $3", Severity.WARNING)
    ]
    assert "in 20 calls in the 60 min since an earlier run" in found[0].message
    assert "swordfish" not in repr(findings)


def test_fast_statement_is_fine(counting_target: Target) -> None:
    statistics, history = an_hour_of(counting_target, lambda: _work(counting_target))
    thresholds = {"warn_ms": 60_000, "fail_ms": 60_000, "fewest_calls": 10}
    assert ask(slow_statement, statistics=statistics, history=history, thresholds=thresholds) == []


def test_statement_that_runs_seldom_is_fine(counting_target: Target) -> None:
    statistics, history = an_hour_of(counting_target, lambda: _work(counting_target))
    findings = ask(slow_statement, statistics=statistics, history=history, thresholds={"warn_ms": 0.001})
    # The test itself may have waited for counters a hundred times, on the servers that gather them late.
    assert [each for each in findings if "pg_stat_" not in each.subject] == []


def test_database_without_the_extension_is_not_asked(target: Target) -> None:
    with pytest.raises(DoesNotApply, match="CREATE EXTENSION pg_stat_statements"):
        ask(slow_statement, statistics=statistics_of(target.url()), history=NOTHING_KEPT)


def test_role_that_sees_only_its_own_statements_gets_no_answer(counting_target: Target) -> None:
    counting_target.admin("DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(slow_statement, statistics=statistics_of(counting_target.url("plain")), history=NOTHING_KEPT)
