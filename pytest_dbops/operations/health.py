"""The checks of a gate by the plain runner: the same functions, objects and report, without pytest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches

from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.check import CATEGORIES, Check
from pytest_dbops.core.errors import NothingToCheck, UsageError
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.report import Report
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.operations.ahead import expect_project
from pytest_dbops.operations.aside import printing_aside
from pytest_dbops.operations.gate import Gate, GateRequest, prepare_gate
from pytest_dbops.operations.named_check import named_check

Progress = Callable[[str], None]


def check_health(
    request: GateRequest,
    *,
    categories: Sequence[str] = (),
    codes: Sequence[str] = (),
    progress: Progress,
) -> tuple[Report, Gate]:
    """Run the checks of the given categories and codes (none: all) and return the report with its gate.

    Raises UsageError for an unknown category or code, NothingToCheck when nothing is left to ask, and what
    `Gate.prepare_target` raises for a target that cannot be meant. What the project's checks print goes to standard
    error, masked.
    """
    _refuse_unknown_categories(categories)
    request = replace(request, mask=request.mask or SecretMask())
    assert request.mask is not None
    with printing_aside(request.mask):
        gate = prepare_gate(request, progress=progress)
    chosen = _chosen(gate.checks, categories, codes)
    gate.asked = frozenset(check.code for check in chosen)
    try:
        expect_project(gate)
        gate.prepare_target()
        results: list[CheckResult] = []
        questions = [(check, case) for check in chosen for case in gate.cases(check)]
        for number, (check, case) in enumerate(questions, start=1):
            progress(f"{number}/{len(questions)} {check.code} {check.name}" + (f"[{case.name}]" if case else ""))
            with printing_aside(request.mask):
                results.append(gate.run(check, case))
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
    wanted = [named_check(checks, code).code for code in codes]
    chosen = tuple(
        check
        for check in checks
        if (not categories or check.category in categories) and (not wanted or check.code in wanted)
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
