"""CON011."""

from __future__ import annotations

import pytest

from pytest_dbops.checks.connectivity.long_transaction import long_transaction
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target


@pytest.fixture
def slot(target: Target) -> str:
    """A logical slot; from its making on it holds back what vacuum may remove from the system catalogs."""
    target.admin("SELECT pg_create_logical_replication_slot('left_over', 'pgoutput')")
    return "left_over"


def test_transaction_past_the_limit_is_an_error(target: Target) -> None:
    target.begin(PLAIN)
    findings = ask(long_transaction, statistics=statistics_of(target.url(MONITOR)), thresholds={"fail_s": 0})
    assert facts(findings, long_transaction) == [("plain/app", Severity.ERROR)]
    assert "in a transaction, the oldest for " in findings[0].message


def test_statement_at_work_counts_as_a_transaction(target: Target) -> None:
    target.start("SELECT pg_sleep(600)", PLAIN)
    findings = ask(long_transaction, statistics=statistics_of(target.url(MONITOR)), thresholds={"warn_s": 0})
    assert facts(findings, long_transaction) == [("plain/app", Severity.WARNING)]


def test_slot_that_holds_back_vacuum_is_found(target: Target, slot: str) -> None:
    for _ in range(3):
        target.admin("SELECT pg_current_xact_id()")
    statistics = statistics_of(target.url(MONITOR))
    findings = ask(long_transaction, statistics=statistics, thresholds={"warn_transactions": 3})
    assert facts(findings, long_transaction) == [(slot, Severity.WARNING)]
    assert findings[0].message.startswith("replication slot 'left_over' holds back ")


def test_prepared_transaction_that_holds_back_vacuum_is_found(target: Target) -> None:
    two_phase = target.begin()
    two_phase.execute("PREPARE TRANSACTION 'half done'")
    target.admin("SELECT pg_current_xact_id()")
    statistics = statistics_of(target.url(MONITOR))
    findings = ask(long_transaction, statistics=statistics, thresholds={"fail_transactions": 1})
    assert facts(findings, long_transaction) == [("half done", Severity.ERROR)]


def test_young_transactions_are_fine(target: Target, slot: str) -> None:
    target.begin(PLAIN)
    assert ask(long_transaction, statistics=statistics_of(target.url(MONITOR))) == []


def test_role_that_sees_only_itself_gets_no_answer(target: Target) -> None:
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(long_transaction, statistics=statistics_of(target.url(PLAIN)))
