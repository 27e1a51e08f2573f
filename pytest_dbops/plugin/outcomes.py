"""How the outcome of a check becomes one of pytest's: an exception, a word, a letter."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_dbops.core.codec import from_json, to_json
from pytest_dbops.core.outcome import CheckResult, Outcome

if TYPE_CHECKING:
    from _pytest.outcomes import Failed  # what `pytest.fail.Exception` is, for the type checker alone
    from pytest import TestReport
else:
    Failed = pytest.fail.Exception


class CheckFailed(Failed):
    """Raised in an item whose findings block; its text is what a person reads."""


class CheckInconclusive(Failed):
    """Raised in an item that applies but could not be judged; shown as an error."""


# The class's module is printed in front of its name: nobody needs to know ours.
CheckFailed.__module__ = CheckInconclusive.__module__ = "builtins"


_RECENT: dict[str, CheckResult] = {}
_MOST_RECENT = 8


def raise_for(result: CheckResult, *, is_tolerated: bool) -> None:
    """Raise what makes pytest count the item as it should; return when it passed or only warned.

    is_tolerated: whether `[gate] may_skip` names the check, so that it may stay inconclusive.
    """
    # Imported here: a session that only collects shows nothing.
    from pytest_dbops.reports.characters import visible
    from pytest_dbops.reports.findings import render_findings

    if result.outcome is Outcome.FAILED:
        raise CheckFailed(render_findings(result), pytrace=False)
    if result.outcome is Outcome.INCONCLUSIVE and is_tolerated and not result.new_findings:
        pytest.skip(visible(f"could not be judged, and may be skipped: {result.reason}"))
    if result.outcome is Outcome.INCONCLUSIVE:
        raise CheckInconclusive(render_findings(result), pytrace=False)
    if result.outcome is Outcome.SKIPPED:
        pytest.skip(visible(result.reason))
    if result.outcome is Outcome.WAIVED:
        pytest.xfail(visible(_waiver_line(result)))


def put_result(report: TestReport, result: CheckResult) -> None:
    """Let a result travel on its report, as JSON: ASCII text, so that whatever a database holds crosses xdist."""
    text = json.dumps(to_json(result))
    report.dbops = text  # type: ignore[attr-defined]  # reports carry what is set on them
    _remember(text, result)


def hold_result(report: TestReport, result: CheckResult) -> None:
    """Let a result lie on its report as it is, where no report leaves the process."""
    report.dbops_held = result  # type: ignore[attr-defined]  # as above


def result_of(report: TestReport) -> CheckResult | None:
    """Return the result that a report carries from the process that ran the check; None for any other report."""
    data = getattr(report, "dbops", None)
    return getattr(report, "dbops_held", None) if data is None else _read(data)


def _read(data: str) -> CheckResult:
    """Read a result; several hooks ask for that of the report they are just given."""
    found = _RECENT.get(data)
    if found is None:
        found = from_json(CheckResult, json.loads(data))
        _remember(data, found)
    return found


def _remember(data: str, result: CheckResult) -> None:
    if len(_RECENT) >= _MOST_RECENT:
        _RECENT.clear()
    _RECENT[data] = result


def status_of(result: CheckResult, *, is_failed: bool) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Return pytest's (category, letter, word) for an outcome it has no own word for; None for the others."""
    if result.outcome is Outcome.WARNED:
        return "warned", "W", ("WARNED", {"yellow": True})
    if result.outcome is Outcome.INCONCLUSIVE:
        if is_failed:
            return "error", "E", ("INCONCLUSIVE", {"red": True})
        return "skipped", "s", ("INCONCLUSIVE, TOLERATED", {"yellow": True})
    return None


def _waiver_line(result: CheckResult) -> str:
    waivers = dict.fromkeys(waived.waiver for waived in result.waived)
    return "; ".join(f"waived until {w.expires.isoformat()} by {w.owner}: {w.reason}" for w in waivers)
