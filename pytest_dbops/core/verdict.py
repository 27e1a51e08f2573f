"""The verdict of a gate: a pure function of what became of its checks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum

from pytest_dbops.core.finding import Code
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.waiver import Waiver


class Verdict(StrEnum):
    """May this database be deployed? Ordered from best to worst by the order of definition."""

    PASS = "pass"
    PASS_WITH_WARNINGS = "pass with warnings"
    INCONCLUSIVE = "inconclusive"
    BLOCKED = "blocked"


class Scope(StrEnum):
    """Whether the whole gate was asked, or only a part of it; a partial run never counts as a passed gate."""

    FULL = "full"
    PARTIAL = "partial"


class ProblemKind(StrEnum):
    """What can be wrong with a run beside the findings of its checks."""

    WAIVER_EXPIRED = "waiver expired"
    WAIVER_UNUSED = "waiver unused"
    NOT_RUN = "not run"
    NOTHING_JUDGED = "nothing judged"
    BROKEN_RUN = "broken run"


@frozen
class Problem:
    """Something wrong with the run itself: one line, and how much it weighs."""

    kind: ProblemKind
    message: str
    verdict: Verdict


@frozen
class Judgement:
    """A verdict with its scope and the reasons for it, worst first."""

    verdict: Verdict
    scope: Scope
    problems: tuple[Problem, ...]

    @property
    def is_passed_gate(self) -> bool:
        """Whether a release may go on: a full run that passed, with or without warnings."""
        return self.scope is Scope.FULL and self.verdict in (Verdict.PASS, Verdict.PASS_WITH_WARNINGS)


@frozen
class Rules:
    """What decides, beside the outcomes: the threshold, tolerated inconclusive codes, waivers and the day."""

    environment: str
    today: date
    fail_on: Severity = Severity.ERROR
    may_skip: frozenset[Code] = frozenset()
    waivers: tuple[Waiver, ...] = ()


def judge(
    results: Sequence[CheckResult],
    *,
    expected: Collection[str],
    rules: Rules,
    broken: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> Judgement:
    """Return the verdict of a run.

    expected: ids (`category::name[case]`) of the whole gate; ids without a result make the run partial.
    broken: one line for each thing that ended the run early (a lost worker, an interrupt).
    left_out: one line for each choice by which checks were not asked though they have a result; any makes it partial.
    """
    problems = [
        *_expired(rules),
        *(Problem(ProblemKind.BROKEN_RUN, line, Verdict.INCONCLUSIVE) for line in broken),
        *_nothing_judged(results),
        *_unused(results, rules),
        *(Problem(ProblemKind.NOT_RUN, line, Verdict.PASS) for line in left_out),
    ]
    judged_ids = {result.id for result in results}
    is_whole = not left_out and judged_ids.issuperset(expected)
    verdict = _worst([*(_verdict_of(result, rules) for result in results), *(p.verdict for p in problems)])
    scope = Scope.FULL if is_whole else Scope.PARTIAL
    order = list(Verdict)
    problems.sort(key=lambda p: -order.index(p.verdict))
    return Judgement(verdict, scope, tuple(problems))


def _verdict_of(result: CheckResult, rules: Rules) -> Verdict:
    worst = max((f.severity or Severity.INFO for f in result.new_findings), default=Severity.INFO)
    if result.outcome is Outcome.FAILED or worst >= rules.fail_on:
        return Verdict.BLOCKED
    if result.outcome is Outcome.INCONCLUSIVE:
        return Verdict.PASS_WITH_WARNINGS if result.code in rules.may_skip else Verdict.INCONCLUSIVE
    return Verdict.PASS_WITH_WARNINGS if result.outcome is Outcome.WARNED else Verdict.PASS


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.INCONCLUSIVE)


def _expired(rules: Rules) -> list[Problem]:
    return [
        Problem(
            ProblemKind.WAIVER_EXPIRED,
            f"waiver {w.label} has expired: {w.reason} (renew it with a new date, or mend the finding and remove it)",
            Verdict.BLOCKED,
        )
        for w in rules.waivers
        if w.counts_in(rules.environment) and w.is_expired(rules.today)
    ]


def _nothing_judged(results: Sequence[CheckResult]) -> list[Problem]:
    if any(result.outcome is not Outcome.SKIPPED for result in results):
        return []
    text = "every check was skipped" if results else "no check ran"
    return [Problem(ProblemKind.NOTHING_JUDGED, f"{text}; nothing was judged", Verdict.INCONCLUSIVE)]


def _unused(results: Sequence[CheckResult], rules: Rules) -> list[Problem]:
    """List waivers that excused nothing although their check ran to its end."""
    judged = {r.code for r in results if r.outcome not in (Outcome.SKIPPED, Outcome.INCONCLUSIVE)}
    used = {waived.waiver for result in results for waived in result.waived}
    return [
        Problem(
            ProblemKind.WAIVER_UNUSED,
            f"waiver {w.label} excuses nothing any more (remove it)",
            Verdict.PASS_WITH_WARNINGS,
        )
        for w in rules.waivers
        if w.counts_in(rules.environment) and not w.is_expired(rules.today) and w.check in judged and w not in used
    ]
