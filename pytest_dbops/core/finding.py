"""One answer worth reporting, and the fingerprint by which it is known again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

from pytest_dbops.core.severity import Severity

Code = NewType("Code", str)
Fingerprint = NewType("Fingerprint", str)

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
Row = Mapping[str, JsonValue]

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of one object.

    subject: the object, in the form users write in a waiver: `public.invoice`, `public.invoice.due_on`.
    message: one line; what was found, its value with unit, the limit.
    hint: what to do, as a statement, a command or a decision.
    evidence: bounded sample rows, JSON values only, already masked.
    identity: what tells two findings on one subject apart (an index name, a normalised statement); never a
        line number or a measured value.
    A check may leave `code` and `severity` out: the engine fills in its own.
    """

    subject: str
    message: str
    hint: str = ""
    evidence: tuple[Row, ...] = ()
    identity: str = ""
    severity: Severity | None = None
    code: Code = field(default=Code(""))

    @property
    def fingerprint(self) -> Fingerprint:
        """Return 16 hex digits that stay equal between runs for the same rule on the same object."""
        facts = "\x1f".join((self.code, self.subject, normalised_sql(self.identity)))
        return Fingerprint(hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:16])


def normalised_sql(text: str) -> str:
    """Return `text` with literal numbers and white space made equal, for use in a fingerprint."""
    return _SPACE.sub(" ", _NUMBER.sub("?", text)).strip().lower()
