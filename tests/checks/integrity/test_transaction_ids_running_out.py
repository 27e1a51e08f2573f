"""INT005."""

from __future__ import annotations

from dataclasses import replace

from pytest_dbops.checks.integrity.transaction_ids_running_out import transaction_ids_running_out
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target


def _aged(statistics: Statistics, **ages: int) -> Statistics:
    """What the server says, with the age of years put in."""
    rows = [{**row, **ages} if row["is_here"] else row for row in statistics.rows("ages")]
    return replace(statistics, parts={**statistics.parts, "ages": rows})


def test_old_transaction_ids_are_an_error(target: Target) -> None:
    statistics = _aged(statistics_of(target.url()), xid_age=1_600_000_000)
    findings = ask(transaction_ids_running_out, statistics=statistics)
    assert facts(findings, transaction_ids_running_out) == [("target", Severity.ERROR)]


def test_old_multixact_ids_are_a_warning(target: Target) -> None:
    findings = ask(transaction_ids_running_out, statistics=_aged(statistics_of(target.url()), mxid_age=900_000_000))
    assert facts(findings, transaction_ids_running_out) == [("target", Severity.WARNING)]


def test_young_ids_are_fine(target: Target) -> None:
    assert ask(transaction_ids_running_out, statistics=statistics_of(target.url())) == []
