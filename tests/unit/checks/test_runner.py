"""What becomes of one check: a pure matter of what its function does and what the rules say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pytest_dbops.core.check import Check, Cost, check, check_of
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.outcome import Outcome
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.waiver import Waiver
from pytest_dbops.operations.inputs import Inputs, NotAtHand
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces

STAGING = Environment("staging", Kind.STAGING, "sqlite", None, "env:X", DEFAULT_POLICIES[Kind.STAGING])
TODAY = date(2026, 6, 1)


def made(body: Callable[[], Iterable[Finding]], **more: object) -> Check:
    def asked() -> Iterable[Finding]:
        """Something is odd."""
        return body()

    found = check_of(check("OWN001", severity=Severity.ERROR, **more)(asked))  # type: ignore[arg-type]  # free keywords
    assert found is not None
    return found


def result_of(asked: Check, **rules: object):  # type: ignore[no-untyped-def]  # a CheckResult
    def no_url() -> str:
        raise AssertionError("the check asked for no connection")

    inputs = Inputs(STAGING, url=no_url, clock=datetime(2026, 6, 1, tzinfo=UTC), pieces=SharedPieces(None))
    return run_check(asked, inputs, RunRules(STAGING, Path("/"), TODAY, **rules))  # type: ignore[arg-type]  # as above


def test_no_finding_is_a_pass() -> None:
    assert result_of(made(lambda: ())).outcome is Outcome.PASSED


def test_none_is_no_answer() -> None:
    result = result_of(made(lambda: None))  # type: ignore[arg-type,return-value]  # on purpose
    assert (result.outcome, result.reason) == (
        Outcome.INCONCLUSIVE,
        "returned None; yield findings or return a list",
    )


def test_a_finding_gets_the_check_s_code_and_severity() -> None:
    result = result_of(made(lambda: [Finding("invoice", "is odd")]))
    assert result.outcome is Outcome.FAILED
    assert (result.findings[0].code, result.findings[0].severity) == ("OWN001", Severity.ERROR)


def test_findings_are_sorted_worst_first() -> None:
    found = [
        Finding("b", "m"),
        Finding("a", "m", severity=Severity.INFO),
        Finding("c", "m", severity=Severity.CRITICAL),
    ]
    assert [f.subject for f in result_of(made(lambda: found)).findings] == ["c", "b", "a"]


@pytest.mark.parametrize("error", [MissingPrivilege("GRANT x TO y"), KeyError("odd"), AssertionError("odd")])
def test_whatever_it_raises_is_inconclusive(error: Exception) -> None:
    def body() -> Iterable[Finding]:
        raise error

    result = result_of(made(body))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert str(error) in result.reason


def test_findings_before_a_crash_are_kept() -> None:
    def body() -> Iterable[Finding]:
        yield Finding("invoice", "is odd")
        raise ZeroDivisionError

    result = result_of(made(body))
    assert (result.outcome, [f.subject for f in result.findings]) == (Outcome.INCONCLUSIVE, ["invoice"])


def test_an_input_nobody_provides_is_inconclusive() -> None:
    @check("OWN002", severity=Severity.ERROR)
    def backups_are_old(backups: object) -> Iterable[Finding]:
        """Backups are old."""
        return ()

    asked = check_of(backups_are_old)
    assert asked is not None
    result = result_of(asked)
    assert (result.outcome, result.reason) == (
        Outcome.INCONCLUSIVE,
        "no catalogue of backups is configured: nothing yet tells a gate of backups (name the check in [gate] may_skip,"
        " or do not require recent_backup in [env.staging])",
    )


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"backends": ("postgresql",)}, "is for postgresql, not sqlite"),
        ({"kinds": ("production",)}, "is for production environments, not staging"),
        ({"settings": {"enabled": False}}, "is off (switch it on: [checks.OWN001] enabled = true)"),
    ],
)
def test_a_check_that_does_not_apply_is_skipped(more: dict[str, object], reason: str) -> None:
    result = result_of(made(lambda: [Finding("a", "m")], **more))
    assert (result.outcome, result.reason) == (Outcome.SKIPPED, reason)


def test_a_check_that_costs_more_than_asked_for_is_skipped() -> None:
    result = result_of(made(lambda: [Finding("a", "m")], cost=Cost.FULL), cost=Cost.CATALOG)
    assert result.outcome is Outcome.SKIPPED


def test_a_baseline_takes_a_known_finding_out_of_the_decision() -> None:
    known = Finding("a", "m", code=Code("OWN001")).fingerprint
    result = result_of(made(lambda: [Finding("a", "m")]), baseline=frozenset({known}))
    assert (result.outcome, result.known) == (Outcome.PASSED, (known,))


def test_a_waiver_in_force_excuses_what_it_matches() -> None:
    waiver = Waiver(Code("OWN001"), "a*", "owner", "reason", date(2026, 7, 1))
    result = result_of(made(lambda: [Finding("a1", "m"), Finding("b1", "m")]), waivers=(waiver,))
    assert (result.outcome, [f.subject for f in result.findings], len(result.waived)) == (Outcome.FAILED, ["b1"], 1)


@pytest.mark.parametrize(
    ("lowered", "given", "severity"),
    [
        ("warning", None, Severity.WARNING),
        ("warning", Severity.CRITICAL, Severity.WARNING),
        ("warning", Severity.INFO, Severity.INFO),
        ("critical", Severity.INFO, Severity.INFO),
        (None, Severity.CRITICAL, Severity.CRITICAL),
    ],
)
def test_a_configured_severity_bounds_the_findings(
    lowered: str | None, given: Severity | None, severity: Severity
) -> None:
    settings = {"settings": {"severity": lowered}} if lowered else {}
    result = result_of(made(lambda: [Finding("a", "m", severity=given)], **settings))
    assert result.findings[0].severity is severity


def test_evidence_is_bounded() -> None:
    rows = tuple({"id": n} for n in range(1000))
    assert len(result_of(made(lambda: [Finding("a", "m", evidence=rows)])).findings[0].evidence) == 20


def test_what_is_not_at_hand_is_not_made_where_nothing_may_be() -> None:
    def asked(clock: datetime) -> Iterable[Finding]:
        """Something is late."""
        return ()

    found = check_of(check("OWN001", severity=Severity.ERROR)(asked))
    assert found is not None
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    inputs = Inputs(STAGING, url=lambda: "", clock=moment, pieces=SharedPieces(None))
    rules = RunRules(STAGING, Path("/"), TODAY)
    with inputs.only_at_hand(), pytest.raises(NotAtHand):
        run_check(found, inputs, rules)
    assert not inputs.has("clock")
    assert run_check(found, inputs, rules).outcome is Outcome.PASSED
    with inputs.only_at_hand():
        assert run_check(found, inputs, rules).outcome is Outcome.PASSED
