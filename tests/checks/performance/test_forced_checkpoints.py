"""PRF010."""

from __future__ import annotations

from pytest_dbops.checks.performance.forced_checkpoints import forced_checkpoints
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of


def _checkpoints(target: Target, number: int) -> None:
    for _ in range(number):
        target.admin("CREATE TABLE passing (id integer); DROP TABLE passing")
        target.admin("CHECKPOINT")


def test_forced_checkpoints_are_found(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: _checkpoints(target, 12))
    findings = ask(forced_checkpoints, statistics=statistics, history=history)
    assert facts(findings, forced_checkpoints) == [("max_wal_size", Severity.ERROR)]


def test_a_few_by_hand_are_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: _checkpoints(target, 2))
    assert ask(forced_checkpoints, statistics=statistics, history=history) == []
