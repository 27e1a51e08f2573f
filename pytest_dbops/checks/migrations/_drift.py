"""Drift in words: one finding an object, with what only one side has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._steps import changes, in_words
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog.difference import CatalogDiff
    from pytest_dbops.core.catalog.drift import Drift, Drifts
    from pytest_dbops.core.finding import Row


_MOST_OBJECTS = 3


def drift_findings(
    found: Iterable[Drift], what: str, *, only_new: str, only_old: str, extra: Severity | None
) -> Iterator[Finding]:
    """Yield a finding for each object that differs, and an info where only names do.

    only_new, only_old: what `+` and `-` mean. extra: how bad it is when one side only has more; None as the rest.
    """
    for each in found:
        hint = f"+ is what {only_new}, - what {only_old}"
        if not each.difference.is_empty:
            yield Finding(
                each.subject,
                f"{what} {each.subject}: {in_words(each.difference)}",
                hint=hint,
                evidence=changes(each.difference),
                identity=_identity(each.difference),
                severity=extra if _only_adds(each.difference) else None,
            )
        if not each.renamed.is_empty:
            yield Finding(
                each.subject,
                f"{each.subject} has the same under other names: {in_words(each.renamed)}",
                hint=hint,
                evidence=changes(each.renamed),
                identity=f"names {_identity(each.renamed)}",
                severity=Severity.INFO,
            )


def drift_in_short(drifts: Drifts, about: str) -> tuple[str, tuple[Row, ...]]:
    """Return what drifted on one line, objects first that a text names, and the same as rows; empty without drift."""
    words = about.replace('"', " ").replace("(", " ").replace(".", " ").split()
    objects = [each for each in drifts.objects if not each.difference.is_empty]
    objects.sort(key=lambda each: each.subject.rpartition(".")[2].split()[-1] not in words)
    said = [in_words(each.difference) for each in objects[:_MOST_OBJECTS]]
    more = len(objects) - len(said)
    return (
        "; ".join(said) + (f"; and {more} more (see target_drift)" if more > 0 else ""),
        tuple(row for each in objects[:_MOST_OBJECTS] for row in changes(each.difference)),
    )


def _only_adds(difference: CatalogDiff) -> bool:
    from pytest_dbops.core.catalog.difference import Change

    return all(item.change is Change.ADDED and item.is_whole for item in difference.differences)


def _identity(difference: CatalogDiff) -> str:
    return " ".join(f"{item.change.value} {item.part} {item.attribute}" for item in difference.differences)
