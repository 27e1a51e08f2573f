"""Databases of failed tests that stay: said at the end of the session, with the command that opens each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest import Config, TerminalReporter

KEPT = pytest.StashKey[list[str]]()
_OUTPUT = "dbops_kept"


class KeptSummary:
    """Gathers what workers have kept and shows it; registered where the run is owned."""

    def __init__(self, config: Config, run: str) -> None:
        self._run = run
        self._kept = config.stash.setdefault(KEPT, [])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker has kept."""
        self._kept += json.loads(getattr(node, "workeroutput", {}).get(_OUTPUT, "[]"))

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Write the section `kept databases`."""
        if not self._kept:
            return
        terminalreporter.section("kept databases")
        for line in self._kept:
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"their server runs on, until: dbops scratch stop --run {self._run}")


def tell_controller(config: Config) -> None:
    """Hand what was kept in a worker to the controller."""
    if hasattr(config, "workeroutput"):
        config.workeroutput[_OUTPUT] = json.dumps(config.stash.get(KEPT, []))
