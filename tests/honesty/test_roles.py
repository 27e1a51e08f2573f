"""A role that sees less says less, and says so: no check is fine because its role could not look."""

from __future__ import annotations

from collections.abc import Mapping, Set

import pytest

from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.severity import Severity

Reports = Mapping[str, Mapping[str, CheckResult]]
Facts = Set[tuple[str, str, Severity | None]]
OF_THE_ROLE_ITSELF = "CON024"
LESSER = pytest.mark.parametrize("role", ["monitor", "powerless"])


def problems(result: CheckResult) -> Facts:
    """What a check found; an info may say that something was not looked at."""
    return {
        (finding.subject, finding.identity, finding.severity)
        for finding in result.findings
        if finding.severity is not Severity.INFO
    }


def test_many_checks_find_something(reports: Reports) -> None:
    assert sum(bool(problems(result)) for result in reports["superuser"].values()) > 35


def test_superuser_gets_an_answer_wherever_there_is_one(reports: Reports) -> None:
    open_questions = {c for c, result in reports["superuser"].items() if result.outcome is Outcome.INCONCLUSIVE}
    # CON025: nobody vouches for what production requires; INT002: a collation of this database is broken on purpose.
    assert open_questions <= {"CON025", "INT002"}


@LESSER
def test_lesser_role_finds_the_same_or_says_why_it_cannot(reports: Reports, role: str) -> None:
    differing = {
        code
        for code, result in reports[role].items()
        if result.outcome is not Outcome.INCONCLUSIVE and problems(result) != problems(reports["superuser"][code])
    }
    assert differing <= {OF_THE_ROLE_ITSELF}


@LESSER
def test_lesser_role_finds_nothing_that_is_not_there(reports: Reports, role: str) -> None:
    invented = {
        code for code, result in reports[role].items() if not problems(result) <= problems(reports["superuser"][code])
    }
    assert invented <= {OF_THE_ROLE_ITSELF}


@LESSER
def test_lesser_role_skips_nothing_that_applies(reports: Reports, role: str) -> None:
    skipped = {code for code, result in reports[role].items() if result.outcome is Outcome.SKIPPED}
    assert skipped == {code for code, result in reports["superuser"].items() if result.outcome is Outcome.SKIPPED}


@LESSER
def test_every_open_question_has_a_reason_in_one_line(reports: Reports, role: str) -> None:
    reasons = [result.reason for result in reports[role].values() if result.outcome is Outcome.INCONCLUSIVE]
    assert all(reason and "\n" not in reason for reason in reasons)


def test_role_of_the_printed_grants_lacks_only_what_the_grants_leave_as_a_choice(reports: Reports) -> None:
    lacking = {
        code
        for code, result in reports["monitor"].items()
        if result.outcome is Outcome.INCONCLUSIVE and reports["superuser"][code].outcome is not Outcome.INCONCLUSIVE
    }
    # SCH030: a view of this database calls a function that was taken from everybody; INT003: EXECUTE is a choice.
    assert lacking <= {"SCH030", "INT003"}
