"""Checks that could not be judged for one and the same reason are told as one: an unreachable database is one thing."""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_dbops.plugin.outcomes import result_of
from pytest_dbops.reports.characters import visible

if TYPE_CHECKING:
    from pytest import TerminalReporter, TestReport


class OneAReason:
    """Shows one report a reason, in pytest's sections as in its short summary; the counts stay as they are.

    A plugin of its own: it stands around the terminal's summary, in the middle of which the gate prints its verdict.
    """

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None, object, object]:
        """Group what pytest is about to show; with `-vv` every report is shown, as everything else is in full."""
        every = terminalreporter.stats.get("error")
        if not every or terminalreporter.verbosity >= 2:
            return (yield)
        terminalreporter.stats["error"] = _grouped(every)
        try:
            return (yield)
        finally:
            terminalreporter.stats["error"] = every


def _grouped(reports: Sequence[TestReport]) -> list[TestReport]:
    """Return the reports in order, those that say nothing but one and the same reason as one."""
    groups: dict[str, list[TestReport]] = {}
    for number, report in enumerate(reports):
        groups.setdefault(_bare_reason(report) or f"#{number}", []).append(report)
    return [_one_for_all(alike, reason) if len(alike) > 1 else alike[0] for reason, alike in groups.items()]


def _bare_reason(report: TestReport) -> str:
    """Return the reason of a check that could not be judged, if that is all there is to say of it."""
    result = result_of(report)
    return "" if result is None or result.findings or report.sections else result.reason


def _without_case(node: str) -> str:
    """Return a node's name without what stands in brackets, which pytest takes for the end of a name."""
    stem, separator, item = node.rpartition("::")
    return f"{stem}{separator}{item.partition('[')[0]}"


def _one_for_all(reports: Sequence[TestReport], reason: str) -> TestReport:
    """Return a report that stands for all: named by the first, with the number of them and their reason."""
    shown, more = copy.copy(reports[0]), f"and {len(reports) - 1:,} more"
    file, line, name = shown.location
    shown.location = (file, line, f"{_without_case(name)} {more}")
    shown.nodeid = f"{_without_case(shown.nodeid)} {more}"
    shown.longrepr = f"{len(reports):,} checks could not be judged: {visible(reason)}"
    return shown
