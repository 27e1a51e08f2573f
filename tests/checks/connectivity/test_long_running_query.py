"""CON010."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.connectivity.long_running_query import long_running_query
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target

LONG = "SELECT pg_sleep(600), 'a secret of ada@example.com'"


def test_statement_past_the_limit_is_an_error(target: Target) -> None:
    target.start(LONG, PLAIN)
    findings = ask(long_running_query, statistics=statistics_of(target.url(MONITOR)), thresholds={"fail_s": 0})
    assert facts(findings, long_running_query) == [("plain/app", Severity.ERROR)]
    assert [row["command"] for row in findings[0].evidence] == ["SELECT"]
    assert "secret" not in repr(findings)


def test_statement_past_the_warning_is_a_warning(target: Target) -> None:
    target.start(LONG, PLAIN)
    findings = ask(long_running_query, statistics=statistics_of(target.url(MONITOR)), thresholds={"warn_s": 0})
    assert facts(findings, long_running_query) == [("plain/app", Severity.WARNING)]


def test_young_statements_and_idle_transactions_are_fine(target: Target) -> None:
    target.start(LONG, PLAIN)
    target.begin(PLAIN)
    assert ask(long_running_query, statistics=statistics_of(target.url(MONITOR))) == []


def test_our_own_statement_is_not_judged(target: Target) -> None:
    assert ask(long_running_query, statistics=statistics_of(target.url(MONITOR)), thresholds={"fail_s": 0}) == []


def test_role_that_sees_only_itself_gets_no_answer(target: Target) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(long_running_query, statistics=statistics_of(target.url(PLAIN)))
