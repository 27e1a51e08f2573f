"""Dated, reasoned exceptions to findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase

from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.frozen import frozen

LONGEST_DAYS = 180


@frozen
class Waiver:
    """An exception for the findings of one check on the subjects that match a glob.

    expires: last day on which it counts; at most 180 days ahead.
    environments: names it counts in; empty means all.
    """

    check: Code
    subject: str
    owner: str
    reason: str
    expires: date
    environments: tuple[str, ...] = ()

    def counts_in(self, environment: str) -> bool:
        """Whether the waiver speaks of this environment."""
        return not self.environments or environment in self.environments

    def is_expired(self, today: date) -> bool:
        """Whether its last day is past."""
        return today > self.expires

    def is_too_long(self, today: date) -> bool:
        """Whether it would run for more than 180 days from today."""
        return self.expires - today > timedelta(days=LONGEST_DAYS)

    def matches(self, finding: Finding) -> bool:
        """Whether it speaks of this finding."""
        return self.check == finding.code and fnmatchcase(finding.subject, self.subject)

    @property
    def label(self) -> str:
        """How reports name it: `PRF002 invoice.* (until 2027-03-01, ops@example.com)`."""
        return f"{self.check} {self.subject} (until {self.expires.isoformat()}, {self.owner})"


@frozen
class WaivedFinding:
    """A finding and the waiver that excuses it."""

    finding: Finding
    waiver: Waiver


def split_waived(
    findings: Iterable[Finding], waivers: Sequence[Waiver], *, environment: str, today: date
) -> tuple[tuple[Finding, ...], tuple[WaivedFinding, ...]]:
    """Split findings into those that stand and those that a waiver in force excuses; order is kept."""
    in_force = [w for w in waivers if w.counts_in(environment) and not w.is_expired(today)]
    standing: list[Finding] = []
    waived: list[WaivedFinding] = []
    for finding in findings:
        waiver = next((w for w in in_force if w.matches(finding)), None)
        if waiver is None:
            standing.append(finding)
        else:
            waived.append(WaivedFinding(finding, waiver))
    return tuple(standing), tuple(waived)
