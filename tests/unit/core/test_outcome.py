"""The outcome of a check follows from its findings; which findings are new, from the baseline."""

from __future__ import annotations

from datetime import date

import pytest

from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.outcome import CheckResult, Outcome, outcome_of
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.waiver import WaivedFinding, Waiver

WAIVER = Waiver(Code("SCH003"), "*", "ops@example.com", "later", date(2026, 12, 1))


def finding(severity: Severity | None, subject: str = "t") -> Finding:
    """Return a finding of this severity."""
    return Finding(subject, "", severity=severity, code=Code("SCH003"))


@pytest.mark.parametrize(
    ("severities", "fail_on", "outcome"),
    [
        ([], Severity.ERROR, Outcome.PASSED),
        ([Severity.INFO], Severity.ERROR, Outcome.PASSED),
        ([None], Severity.ERROR, Outcome.PASSED),
        ([Severity.WARNING], Severity.ERROR, Outcome.WARNED),
        ([Severity.WARNING], Severity.WARNING, Outcome.FAILED),
        ([Severity.ERROR], Severity.ERROR, Outcome.FAILED),
        ([Severity.ERROR], Severity.CRITICAL, Outcome.WARNED),
        ([Severity.INFO, Severity.CRITICAL], Severity.ERROR, Outcome.FAILED),
        ([Severity.INFO], Severity.INFO, Outcome.FAILED),
    ],
)
def test_the_worst_finding_decides(severities: list[Severity | None], fail_on: Severity, outcome: Outcome) -> None:
    found = tuple(finding(severity) for severity in severities)

    assert outcome_of(found, (), fail_on=fail_on) is outcome


def test_a_check_is_waived_only_when_nothing_else_stands() -> None:
    waived = (WaivedFinding(finding(Severity.ERROR), WAIVER),)

    assert outcome_of((), waived, fail_on=Severity.ERROR) is Outcome.WAIVED
    assert outcome_of((finding(Severity.INFO),), waived, fail_on=Severity.ERROR) is Outcome.PASSED
    assert outcome_of((finding(Severity.ERROR),), waived, fail_on=Severity.ERROR) is Outcome.FAILED


def test_findings_of_the_baseline_are_not_new() -> None:
    old, new = finding(Severity.ERROR, "old"), finding(Severity.ERROR, "new")
    result = CheckResult(
        Code("SCH003"), "x", "schema", Severity.ERROR, Outcome.FAILED, findings=(old, new), known=(old.fingerprint,)
    )

    assert result.new_findings == (new,)


def test_the_id_has_the_case_only_if_there_is_one() -> None:
    result = CheckResult(Code("MIG001"), "reverses", "migrations", Severity.ERROR, Outcome.PASSED)
    case = CheckResult(Code("MIG001"), "reverses", "migrations", Severity.ERROR, Outcome.PASSED, case="ae10")

    assert (result.id, case.id) == ("migrations::reverses", "migrations::reverses[ae10]")


def test_severities_are_ordered_and_parsed_by_their_words() -> None:
    assert [Severity.parse(word) for word in ("info", " Warning ", "ERROR", "critical")] == sorted(Severity)
    assert Severity.ERROR.label == "error"


def test_an_unknown_severity_lists_the_allowed_words() -> None:
    with pytest.raises(ValueError, match=r"'fatal' is no severity \(one of info, warning, error, critical\)"):
        Severity.parse("fatal")
