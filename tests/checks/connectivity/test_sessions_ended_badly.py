"""CON020."""

from __future__ import annotations

from pytest_dbops.checks.connectivity.sessions_ended_badly import sessions_ended_badly
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts
from tests.checks.connectivity.conftest import Target
from tests.checks.counting import an_hour_of


def test_killed_session_is_found(target: Target) -> None:
    victim = target.connect()
    ending = f"SELECT pg_terminate_backend({victim.info.backend_pid})"
    statistics, history = an_hour_of(target, lambda: target.admin(ending), others=1)
    findings = ask(sessions_ended_badly, statistics=statistics, history=history)
    assert facts(findings, sessions_ended_badly) == [("killed", Severity.WARNING)]


def test_session_that_ends_itself_is_fine(target: Target) -> None:
    statistics, history = an_hour_of(target, lambda: target.connect().close())
    assert ask(sessions_ended_badly, statistics=statistics, history=history) == []
