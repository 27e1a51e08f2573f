"""Take known secrets out of a report before any view of it is made.

Masking the model, not the written text, keeps JSON and XML well formed, and a secret that a line break or a
cut would tear apart is still found whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from pytest_dbops.core.outcome import CheckResult
from pytest_dbops.core.report import Report

Mask = Callable[[str], str]


def masked(report: Report, mask: Mask) -> Report:
    """Return the report with every text in it masked, keys of evidence included."""
    results = tuple(masked_result(result, mask) for result in report.results)
    clean: Report = _masked(replace(report, results=()), mask)
    return replace(clean, results=results)


def masked_result(result: CheckResult, mask: Mask) -> CheckResult:
    """Return one result with every text in it masked.

    What the baseline knows is named anew, as fingerprints follow the masked subjects.
    """
    known = set(result.known)
    clean: CheckResult = _masked(replace(result, known=()), mask)
    pairs = zip(result.findings, clean.findings, strict=True)
    return replace(clean, known=tuple(new.fingerprint for old, new in pairs if old.fingerprint in known))


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, tuple | list):
        return type(value)(_masked(one, mask) for one in value)
    if isinstance(value, Mapping):
        return {_masked(key, mask): _masked(one, mask) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _masked(getattr(value, f.name), mask) for f in fields(value)})
    return value
