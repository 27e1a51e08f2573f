"""What became of one check in one run."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.core.finding import Code, Finding, Fingerprint
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.waiver import WaivedFinding


class Outcome(StrEnum):
    """What became of a check.

    skipped = does not apply here (product, version, kind of environment, cost class not asked for);
    inconclusive = applies, but could not be judged (privilege, time-out, crash, connection).
    """

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    WAIVED = "waived"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"


@frozen
class CheckResult:
    """The result of one check, or of one case of it (`case` is a revision, a column; empty if it has none).

    findings: those that stand, worst first; waived: excused by a waiver; known: fingerprints of findings
        that the baseline holds (they are listed in `findings` too, but do not decide).
    reason: why it was skipped or is inconclusive; one line.
    file, line: where the check (or what it judges) is written, relative to the project, 1-based.
    """

    code: Code
    name: str
    category: str
    severity: Severity
    outcome: Outcome
    title: str = ""
    case: str = ""
    findings: tuple[Finding, ...] = ()
    waived: tuple[WaivedFinding, ...] = ()
    known: tuple[Fingerprint, ...] = ()
    reason: str = ""
    duration_s: float = 0.0
    file: str = ""
    line: int = 1

    @property
    def id(self) -> str:
        """The last two parts of its node id: `schema::table_without_primary_key`, with `[case]` if it has one."""
        return f"{self.category}::{self.name}" + (f"[{self.case}]" if self.case else "")

    @property
    def new_findings(self) -> tuple[Finding, ...]:
        """The findings that stand and are not in the baseline."""
        if not self.known:
            return self.findings
        known = set(self.known)
        return tuple(f for f in self.findings if f.fingerprint not in known)


def outcome_of(findings: tuple[Finding, ...], waived: tuple[WaivedFinding, ...], *, fail_on: Severity) -> Outcome:
    """Return the outcome of a check that ran to its end; `findings` are those that stand and are new."""
    worst = max((f.severity or Severity.INFO for f in findings), default=None)
    if worst is not None and worst >= fail_on:
        return Outcome.FAILED
    if worst is not None and worst >= Severity.WARNING:
        return Outcome.WARNED
    return Outcome.WAIVED if waived and not findings else Outcome.PASSED
