"""One answer worth reporting, and the fingerprint by which it is known again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import NewType

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.severity import Severity

Code = NewType("Code", str)
Fingerprint = NewType("Fingerprint", str)

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
Row = Mapping[str, JsonValue]

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SPACE = re.compile(r"\s+")
_DIGITS = re.compile(r"([0-9]+)")


@frozen
class Finding:
    """One problem of one object.

    subject: the object, in the form users write in a waiver: `public.invoice`, `public.invoice.due_on`.
    message: one line; what was found, its value with unit, the limit.
    hint: what to do, as a statement, a command or a decision.
    evidence: bounded sample rows, JSON values only, already masked.
    identity: what tells two findings on one subject apart (an index name, a normalised statement); never a
        line number or a measured value.
    stands_for: how many offenders it counts; above 1 for the one that tells of all that are not shown singly.
    A check may leave `code` and `severity` out: the engine fills in its own.
    """

    subject: str
    message: str
    hint: str = ""
    evidence: tuple[Row, ...] = ()
    identity: str = ""
    severity: Severity | None = None
    code: Code = field(default=Code(""))
    stands_for: int = 1

    @property
    def fingerprint(self) -> Fingerprint:
        """Return 16 hex digits that stay equal between runs for the same rule on the same object."""
        identity = normalised_sql(self.identity) if self.identity else ""
        facts = f"{self.code}\x1f{self.subject}\x1f{identity}"
        return Fingerprint(hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:16])


def in_reading_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first, then by subject as a person counts (`id=2` before `id=10`), what is summed last."""
    return tuple(sorted(findings, key=_place_in_a_list))


def offenders(findings: Iterable[Finding]) -> int:
    """Return how many offenders the findings count together."""
    return sum(finding.stands_for for finding in findings)


def _place_in_a_list(finding: Finding) -> tuple[object, ...]:
    worst_first = -(finding.severity or Severity.INFO)
    return worst_first, finding.stands_for > 1, _natural(finding.subject), finding.subject, finding.identity


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    # A number is compared by its length first: none is too long to be read.
    parts = _DIGITS.split(text)
    return tuple((len(part), part) if place % 2 else (0, part) for place, part in enumerate(parts))


def normalised_sql(text: str) -> str:
    """Return `text` with literal numbers and white space made equal, for use in a fingerprint."""
    return _SPACE.sub(" ", _NUMBER.sub("?", text)).strip().lower()
