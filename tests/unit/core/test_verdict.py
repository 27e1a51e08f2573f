"""The verdict of a run: no silent green, whatever became of its checks."""

from __future__ import annotations

from datetime import date

import pytest

from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.verdict import Judgement, Problem, ProblemKind, Rules, Scope, Verdict, judge
from pytest_dbops.core.waiver import WaivedFinding, Waiver

TODAY = date(2026, 10, 20)
RULES = Rules("staging", TODAY)
ERROR = Finding("public.invoice", "is wrong", severity=Severity.ERROR, code=Code("SCH003"))
WAIVER = Waiver(Code("SCH003"), "*", "ops@example.com", "later", date(2026, 12, 1))


def result(outcome: Outcome, code: str = "SCH003", **fields: object) -> CheckResult:
    """Return a result of this outcome, named after its code."""
    facts = {"code": Code(code), "name": code.lower(), "category": "schema", "severity": Severity.ERROR}
    return CheckResult(outcome=outcome, **{**facts, **fields})  # type: ignore[arg-type] # the caller names real fields


def judged(*results: CheckResult, rules: Rules = RULES, **fields: object) -> Judgement:
    """Judge these results as the whole gate."""
    expected = [one.id for one in results]
    return judge(results, **{"expected": expected, "rules": rules, **fields})  # type: ignore[arg-type] # as above


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ([Outcome.PASSED], Verdict.PASS),
        ([Outcome.PASSED, Outcome.SKIPPED], Verdict.PASS),
        ([Outcome.WAIVED], Verdict.PASS),
        ([Outcome.PASSED, Outcome.WARNED], Verdict.PASS_WITH_WARNINGS),
        ([Outcome.PASSED, Outcome.INCONCLUSIVE, Outcome.WARNED], Verdict.INCONCLUSIVE),
        ([Outcome.INCONCLUSIVE, Outcome.FAILED], Verdict.BLOCKED),
        ([Outcome.FAILED, Outcome.PASSED], Verdict.BLOCKED),
    ],
)
def test_the_worst_outcome_decides(outcomes: list[Outcome], verdict: Verdict) -> None:
    results = [result(outcome, f"SCH{number:03}") for number, outcome in enumerate(outcomes)]

    assert judged(*results) == Judgement(verdict, Scope.FULL, ())


@pytest.mark.parametrize("results", [(), (result(Outcome.SKIPPED),)], ids=["no check ran", "every check was skipped"])
def test_a_run_that_judged_nothing_is_inconclusive(
    results: tuple[CheckResult, ...], request: pytest.FixtureRequest
) -> None:
    judgement = judged(*results)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert [problem.kind for problem in judgement.problems] == [ProblemKind.NOTHING_JUDGED]
    assert judgement.problems[0].message.split(";")[0] in request.node.name


def test_a_check_that_found_an_error_before_it_broke_blocks() -> None:
    assert judged(result(Outcome.INCONCLUSIVE, findings=(ERROR,))).verdict is Verdict.BLOCKED


def test_a_finding_of_the_baseline_does_not_block() -> None:
    known = result(Outcome.PASSED, findings=(ERROR,), known=(ERROR.fingerprint,))

    assert judged(known).verdict is Verdict.PASS


def test_an_inconclusive_check_that_may_be_skipped_only_warns() -> None:
    rules = Rules("staging", TODAY, may_skip=frozenset({Code("SCH003")}))

    judgement = judged(result(Outcome.INCONCLUSIVE), result(Outcome.PASSED, "SCH004"), rules=rules)

    assert judgement.verdict is Verdict.PASS_WITH_WARNINGS


def test_a_missing_result_makes_the_run_partial_and_no_passed_gate() -> None:
    passed = result(Outcome.PASSED)

    judgement = judge([passed], expected=[passed.id, "schema::other"], rules=RULES)

    assert judgement == Judgement(Verdict.PASS, Scope.PARTIAL, ())
    assert not judgement.is_passed_gate


def test_a_full_run_that_passed_is_a_passed_gate() -> None:
    assert judged(result(Outcome.PASSED)).is_passed_gate
    assert judged(result(Outcome.WARNED)).is_passed_gate
    assert not judged(result(Outcome.FAILED)).is_passed_gate
    assert not judged(result(Outcome.INCONCLUSIVE)).is_passed_gate


def test_an_expired_waiver_blocks_and_says_what_to_do() -> None:
    expired = Waiver(Code("SCH003"), "public.*", "ops@example.com", "later", date(2026, 10, 19))

    judgement = judged(result(Outcome.PASSED), rules=Rules("staging", TODAY, waivers=(expired,)))

    assert judgement.verdict is Verdict.BLOCKED
    assert judgement.problems == (
        Problem(
            ProblemKind.WAIVER_EXPIRED,
            "waiver SCH003 public.* (until 2026-10-19, ops@example.com) has expired: later"
            " (renew it with a new date, or mend the finding and remove it)",
            Verdict.BLOCKED,
        ),
    )


def test_a_waiver_of_another_environment_neither_expires_nor_is_unused() -> None:
    elsewhere = Waiver(Code("SCH003"), "*", "ops@example.com", "later", date(2020, 1, 1), ("production",))

    assert judged(result(Outcome.PASSED), rules=Rules("staging", TODAY, waivers=(elsewhere,))).problems == ()


def test_an_unused_waiver_warns() -> None:
    judgement = judged(result(Outcome.PASSED), rules=Rules("staging", TODAY, waivers=(WAIVER,)))

    assert judgement.verdict is Verdict.PASS_WITH_WARNINGS
    assert [problem.kind for problem in judgement.problems] == [ProblemKind.WAIVER_UNUSED]


def test_a_waiver_that_excuses_something_is_used() -> None:
    waived = result(Outcome.WAIVED, waived=(WaivedFinding(ERROR, WAIVER),))

    assert judged(waived, rules=Rules("staging", TODAY, waivers=(WAIVER,))).problems == ()


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.INCONCLUSIVE])
def test_a_waiver_of_a_check_that_did_not_run_in_full_is_not_called_unused(outcome: Outcome) -> None:
    judgement = judged(
        result(outcome), result(Outcome.PASSED, "SCH004"), rules=Rules("staging", TODAY, waivers=(WAIVER,))
    )

    assert judgement.problems == ()


def test_a_broken_run_is_inconclusive_even_if_all_checks_passed() -> None:
    judgement = judged(result(Outcome.PASSED), broken=["worker gw1 was lost"])

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.problems == (Problem(ProblemKind.BROKEN_RUN, "worker gw1 was lost", Verdict.INCONCLUSIVE),)


def test_problems_are_listed_worst_first() -> None:
    expired = Waiver(Code("SCH009"), "*", "ops@example.com", "later", date(2020, 1, 1))
    rules = Rules("staging", TODAY, waivers=(WAIVER, expired))

    judgement = judged(result(Outcome.PASSED), rules=rules, broken=["interrupted"])

    assert [problem.verdict for problem in judgement.problems] == [
        Verdict.BLOCKED,
        Verdict.INCONCLUSIVE,
        Verdict.PASS_WITH_WARNINGS,
    ]
