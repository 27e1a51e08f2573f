"""The hooks other packages and a project's conftest.py may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest import Config

    from pytest_dbops.core.report import Report


def pytest_dbops_checks(config: Config) -> object:
    """Return further checks for the gate: functions decorated with `pytest_dbops.check`, or a module of such.

    Called once while a gate is collected, on every xdist worker alike; must not connect anywhere. A package
    whose checks shall also run under `dbops health` names them in the entry point group `pytest_dbops.checks`
    instead.
    """


def pytest_dbops_verdict(config: Config, report: Report) -> None:
    """Take the report of a finished gate, for instance to tell somebody.

    Called once, on the xdist controller, after the verdict is known and before reports are written; not called
    for a session that only collects.
    """
