"""Run an item whose answer is at hand without pytest's three phases; in a gate over a long history that is nearly all.

Once a revision is rehearsed, a shipped check of it is a function of what is known: there is no fixture to set up, no
output to capture, nothing to tear down, and pytest's phases cost several times the check. Who stands in these phases
still gets them: where anybody but pytest and this package hears of them, where an item has marks that are not ours,
where something has to be made, and where a check is red, the item runs as any other does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.outcome import Outcome
from pytest_dbops.plugin.collect import RESULT, CheckItem
from pytest_dbops.plugin.outcomes import hold_result, put_result, raise_for

if TYPE_CHECKING:
    from pytest import Config, Item

    from pytest_dbops.core.check import Check
    from pytest_dbops.operations.gate import Gate
    from pytest_dbops.operations.runner import Case
    from pytest_dbops.plugin.garbage import Settled

_PHASES = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
)
_INDIFFERENT = frozenset({"_pytest", "pytest_dbops", "_hypothesis_pytestplugin", "pytest_randomly", "pytest_timeout"})
"""Packages whose part in the phases is nothing for an item that has no fixture, draws nothing and ends at once."""

_SHOWS_PHASES = ("setupshow", "setuponly", "setupplan")
_QUIET = (Outcome.PASSED, Outcome.WARNED, Outcome.SKIPPED)
_NEEDS_ALL_REPORTS = "_pytest.junitxml"
"""Whose file lacks a test that was not torn down."""


class AtHand:
    """Takes the items that it may from pytest's own protocol, and leaves it the others."""

    def __init__(self, config: Config, gate: Gate, settled: Settled) -> None:
        self._settled = settled
        self._config = config
        self._gate = gate
        self._shipped = frozenset(check.code for check in builtin_checks())
        self._heard_by: tuple[list[Any], list[Any]] = [], []
        self._is_heard = self._needs_all_reports = True
        self._is_settled = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Item, nextitem: Item | None) -> bool | None:
        """Run an item and report it; None where it is left to pytest."""
        if not isinstance(item, CheckItem) or item.case is None or not self._is_ours_alone(item, nextitem):
            return None
        check, case = item.check, item.case
        call = pytest.CallInfo.from_call(lambda: self._ask(item, check, case), when="call", reraise=KeyboardInterrupt)
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            return None
        self._report(item, call)
        if not self._is_settled:  # now that the walk is told, which is most of what a session holds
            self._is_settled = True
            self._settled.settle(item.session.items, CheckItem)
        return True

    def _ask(self, item: CheckItem, check: Check, case: Case) -> None:
        """Keep the result of an item, and skip where that says so; raises what shows nowhere where there is none."""
        result = self._gate.run_at_hand(check, case)
        if result is None or result.outcome not in _QUIET:
            raise LookupError(item.name)
        item.stash[RESULT] = result
        raise_for(result, is_tolerated=False)

    def _is_ours_alone(self, item: CheckItem, nextitem: Item | None) -> bool:
        """Whether nobody would miss the phases; the last item of a module has them, in which that is torn down."""
        return (
            nextitem is not None
            and nextitem.parent is item.parent
            and item.check.code in self._shipped
            and len(item.own_markers) == 1
            and not item.fixturenames
            and not any(node.own_markers for node in item.listchain()[:-1])
            and not self._has_others()
        )

    def _report(self, item: CheckItem, call: pytest.CallInfo[Any]) -> None:
        hook, nodeid, location = item.ihook, item.nodeid, item.location
        report = pytest.TestReport.from_item_and_call(item, call)
        hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
        if not self._needs_all_reports:
            hold_result(report, item.stash[RESULT])
            hook.pytest_runtest_logreport(report=report)
        else:
            put_result(report, item.stash[RESULT])
            hook.pytest_runtest_logreport(report=_of_phase("setup", item))
            hook.pytest_runtest_logreport(report=report)
            hook.pytest_runtest_logreport(report=_of_phase("teardown", item))
        hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)

    def _has_others(self) -> bool:
        """Whether others hear of the phases; looked at anew where plugins came or went."""
        hook = self._config.hook
        phases = [getattr(hook, name).get_hookimpls() for name in _PHASES]
        reports = hook.pytest_runtest_logreport.get_hookimpls()
        if (phases, reports) != self._heard_by:
            self._heard_by = phases, reports
            shows = any(getattr(self._config.option, name, False) for name in _SHOWS_PHASES)
            self._is_heard = shows or _has_foreign(_modules(impl for impls in phases for impl in impls))
            readers = _modules(reports)
            self._needs_all_reports = _has_foreign(readers) or _NEEDS_ALL_REPORTS in readers
        return self._is_heard


def _of_phase(when: Any, item: CheckItem) -> pytest.TestReport:
    """Return the report of a phase in which nothing was to be done."""
    call: pytest.CallInfo[None] = pytest.CallInfo.from_call(lambda: None, when=when)
    return pytest.TestReport.from_item_and_call(item, call)


def _modules(implementations: Iterable[Any]) -> set[str]:
    return {str(impl.function.__module__) for impl in implementations}


def _has_foreign(modules: set[str]) -> bool:
    return any(name.partition(".")[0] not in _INDIFFERENT for name in modules)
