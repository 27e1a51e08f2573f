"""The checks of a gate by the plain runner: the same functions, objects and report, without pytest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.check import CATEGORIES, Check
from pytest_dbops.core.errors import NothingToCheck, UsageError
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.operations.gate import Gate, GateRequest, prepare_gate

Progress = Callable[[str], None]


def check_health(
    request: GateRequest,
    *,
    categories: Sequence[str] = (),
    codes: Sequence[str] = (),
    progress: Progress,
) -> tuple[Report, Gate]:
    """Run the checks of the given categories and codes (none: all) and return the report with its gate.

    Raises UsageError for an unknown category or code, NothingToCheck when nothing is left to ask.
    """
    _refuse_unknown_categories(categories)
    gate = prepare_gate(request, progress=progress)
    chosen = _chosen(gate.checks, categories, codes)
    try:
        results: list[CheckResult] = []
        for number, check in enumerate(chosen, start=1):
            progress(f"{number}/{len(chosen)} {check.code} {check.name}")
            results.append(gate.run(check))
        broken = gate.close()
        report = gate.report(results, target=gate.target(), broken=(broken,) if broken else ())
        _log(report)
    finally:
        gate.end_run()
    return report, gate


def _log(report: Report) -> None:
    logger, judgement = logger_of("compliance"), report.judgement
    logger.info("health of %s: %s (%s run)", report.target.environment, judgement.verdict.value, judgement.scope.value)
    for result in report.results:
        if result.outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE):
            logger.warning("%s %s: %s", result.code, result.outcome.value, result.reason or result.title)
        else:
            logger.debug("%s %s", result.code, result.outcome.value)


def _chosen(checks: Sequence[Check], categories: Sequence[str], codes: Sequence[str]) -> tuple[Check, ...]:
    known = {check.code for check in checks}
    for code in codes:
        if code not in known:
            near = get_close_matches(code, known, n=1)
            raise UsageError(f"there is no check {code!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    chosen = tuple(
        check
        for check in checks
        if (not categories or check.category in categories) and (not codes or check.code in codes)
    )
    if not chosen:
        there = ", ".join(dict.fromkeys(check.category for check in checks))
        raise NothingToCheck(f"no check is in {', '.join((*categories, *codes))}; this gate has {there}")
    return chosen


def _refuse_unknown_categories(categories: Sequence[str]) -> None:
    for category in categories:
        if category not in CATEGORIES:
            near = get_close_matches(category, CATEGORIES, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f" (one of {', '.join(CATEGORIES)})"
            raise UsageError(f"there is no category {category!r}{hint}")
