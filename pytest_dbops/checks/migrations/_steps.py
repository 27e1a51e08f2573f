"""What the checks of one revision have in common: whether it was reached at all, and a failed step in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_dbops.core.downgrades import DowngradeRule
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding, Row
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.catalog.difference import CatalogDiff, Difference
    from pytest_dbops.core.walk import Failure, Step, WalkedRevision

MOST_ROWS = 20
ENDED_EARLY = "its rehearsal ended early (see reverses)"
_MOST_SAID = 5
_LONGEST_STATEMENT = 400
_LONGEST_VALUE = 80
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def require_reached(revision: WalkedRevision) -> None:
    """Raise CannotJudge for a revision the walk never came to, with what kept it."""
    if revision.blocked_by:
        raise CannotJudge(f"not reached, because revision {revision.blocked_by} does not apply")
    if revision.unjudged:
        raise CannotJudge(f"not reached: {revision.unjudged}")
    if not revision.steps:
        raise CannotJudge("not reached by the rehearsal")


def require_applied(revision: WalkedRevision) -> None:
    """Raise CannotJudge for a revision that was not reached, DoesNotApply for one whose upgrade fails.

    That is a finding already, of `applies`; a second one, or a doubt, would keep a known defect from being accepted.
    """
    require_reached(revision)
    if not revision.is_applied:
        raise DoesNotApply("its upgrade fails (see applies), so there is nothing to take back")


def require_judged(rule: DowngradeRule) -> None:
    """Raise DoesNotApply in a project that judges no downgrade."""
    if rule is DowngradeRule.IGNORED:
        raise DoesNotApply('downgrades are not judged ([migrations] downgrades = "ignored")')


def failed(revision: WalkedRevision, step: Step) -> Finding:
    """Return the finding of a step that failed: direction, file and line, the server's words, and the statement."""
    assert step.failure is not None
    failure = step.failure
    return Finding(
        revision.revision,
        f"{step.name} of {revision.revision!r} fails ({place(revision, step.name)}): {failure.kind}: {failure.message}",
        hint=failure.hint,
        evidence=statement(failure),
        identity=f"{step.name} fails",
    )


def place(revision: WalkedRevision, name: StepName) -> str:
    """Return where to look: file and line."""
    return f"{revision.file}:{revision.line_of(name)}"


def changes(difference: CatalogDiff) -> tuple[Row, ...]:
    """Return the differences as rows: what, and from what to what."""
    rows: list[Row] = []
    for item in difference.differences[:MOST_ROWS]:
        what = " ".join(word for word in (item.subject, item.part, item.attribute) if word)
        rows.append({"change": item.change.value, "what": what, "before": item.old, "after": item.new})
    return tuple(rows)


def in_words(difference: CatalogDiff) -> str:
    """Return the differences on one line, the first of them in full: `+ column extra of table t (type text)`."""
    found = difference.differences
    return said_in_short([_said(item) for item in found])


def said_in_short(lines: Sequence[str]) -> str:
    """Return the first lines on one line, and how many more there are."""
    said = "; ".join(lines[:_MOST_SAID])
    return said if len(lines) <= _MOST_SAID else f"{said}; and {len(lines) - _MOST_SAID} more"


def statement(failure: Failure) -> tuple[Row, ...]:
    """Return the SQL that failed as evidence."""
    return ({"statement": _bounded(failure.statement)},) if failure.statement else ()


def _said(item: Difference) -> str:
    name = f"{item.part} of {item.subject}" if item.part else item.subject
    if item.is_whole:
        facts = _short(item.new or item.old)
        return f"{_SIGNS[item.change.value]} {name}" + (f" ({facts})" if facts else "")
    if "yes" in (item.old, item.new) and None in (item.old, item.new):
        return f"~ {name}: {'now' if item.new else 'no longer'} {item.attribute}"
    words = (item.attribute, _short(item.old) or "none", "->", _short(item.new) or "none")
    return f"~ {name}: {' '.join(word for word in words if word)}"


def _short(value: str | None) -> str:
    text = " ".join((value or "").split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST_STATEMENT else f"{text[:_LONGEST_STATEMENT]}…"
