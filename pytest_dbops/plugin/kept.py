"""Databases of failed tests that stay: said at the end of the session, with the command that opens each."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest import Config, TerminalReporter

    from pytest_dbops.operations.fixtures.handles import Kept

KEPT: pytest.StashKey[list[Kept]] = pytest.StashKey()
_OUTPUT = "dbops_kept"


class KeptSummary:
    """Gathers what workers have kept and shows it; registered where the run is owned."""

    def __init__(self, config: Config) -> None:
        self._kept = config.stash.setdefault(KEPT, [])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker has kept."""
        from pytest_dbops.operations.fixtures.handles import Kept

        self._kept += [Kept(**each) for each in json.loads(getattr(node, "workeroutput", {}).get(_OUTPUT, "[]"))]

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Write the section `kept databases`."""
        if not self._kept:
            return
        terminalreporter.section("kept databases")
        for each in self._kept:
            terminalreporter.write_line(f"{each.test}: {each.opened_by}")
        for ended_by in dict.fromkeys(each.ended_by for each in self._kept):
            terminalreporter.write_line(f"kept until: {ended_by}")


def tell_controller(config: Config) -> None:
    """Hand what was kept in a worker to the controller."""
    if hasattr(config, "workeroutput"):
        config.workeroutput[_OUTPUT] = json.dumps([asdict(each) for each in config.stash.get(KEPT, [])])
