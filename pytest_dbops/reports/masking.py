"""Take known secrets out of a report before any view of it is made.

Masking the model, not the written text, keeps JSON and XML well formed, and a secret that a line break or a
cut would tear apart is still found whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from operator import is_
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
    """Return one result with every text in it masked; the same object where no text holds a secret.

    What the baseline knows is named anew, as fingerprints follow the masked subjects.
    """
    if not (result.findings or result.waived or result.known):
        # Thousands of results say nothing but their names: one look at all of it tells that it holds no secret.
        texts = "\0".join(
            (result.code, result.name, result.category, result.title, result.case, result.reason, result.file)
        )
        if mask(texts) == texts:
            return result
    clean: CheckResult = _masked(result, mask)
    if clean is result or not result.known:
        return clean
    known = set(result.known)
    pairs = zip(result.findings, clean.findings, strict=True)
    return replace(clean, known=tuple(new.fingerprint for old, new in pairs if old.fingerprint in known))


def _masked(value: Any, mask: Mask) -> Any:
    """Return a value with its texts masked: itself, where nothing changes in it."""
    if isinstance(value, str):
        # A severity or an outcome is a word of ours.
        return value if isinstance(value, Enum) else mask(value)
    if isinstance(value, tuple | list):
        parts = [_masked(one, mask) for one in value]
        return value if all(map(is_, parts, value)) else type(value)(parts)
    if isinstance(value, Mapping):
        return {_masked(key, mask): _masked(one, mask) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return _masked_record(value, mask)
    return value


def _masked_record(record: Any, mask: Mask) -> Any:
    changed = {}
    for name in _names(record.__class__):
        old = getattr(record, name)
        new = _masked(old, mask)
        if new is not old:
            changed[name] = new
    return replace(record, **changed) if changed else record


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
