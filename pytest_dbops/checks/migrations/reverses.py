"""MIG002."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.migrations._steps import changes, failed, in_words, place, require_applied
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.walk import Downgrade, Step, StepName, WalkedRevision

_WHY = {
    Downgrade.EMPTY: "its downgrade does nothing",
    Downgrade.MISSING: "it has no downgrade",
}


@check("MIG002", category="migrations", severity=Severity.ERROR, step=StepName.DOWNGRADE, cost=Cost.FULL)
def reverses(revision: WalkedRevision) -> Iterator[Finding]:
    """A revision cannot be taken back, or leaves something behind.

    A release that has to be rolled back stops half-way, or leaves a schema that no revision describes: the next
    upgrade then fails on what is already there, or works without a rule that was thought to hold. The schema after
    the downgrade is compared with that before the upgrade, down to triggers, grants and comments; a difference in
    nothing but the order of columns is an info. A downgrade that does nothing but raise declares the revision
    irreversible: an info, with its words.

    Write the downgrade that undoes each statement of the upgrade; where nothing can undo them, let it raise with the
    reason.
    """
    require_applied(revision)
    if revision.irreversible is not None:
        yield _irreversible(revision)
        return
    step = revision.step(StepName.DOWNGRADE)
    assert step is not None
    if step.failure is not None:
        yield failed(revision, step)
    elif not step.difference.is_empty:
        yield _residue(revision, step)


def _irreversible(revision: WalkedRevision) -> Finding:
    words = f": {revision.irreversible}" if revision.irreversible else ", without a reason"
    return Finding(
        revision.revision,
        f"{revision.revision!r} is declared irreversible{words}",
        identity="irreversible",
        severity=Severity.INFO,
    )


def _residue(revision: WalkedRevision, step: Step) -> Finding:
    only_order = step.difference.same_meaning
    what = "leaves the columns in another order" if only_order else "does not restore the schema"
    why = f"; {_WHY[revision.downgrade]}" if revision.downgrade in _WHY else ""
    return Finding(
        revision.revision,
        f"downgrade of {revision.revision!r} {what} ({place(revision, StepName.DOWNGRADE)}){why}:"
        f" {in_words(step.difference)}",
        evidence=changes(step.difference),
        identity="column order" if only_order else "residue",
        severity=Severity.INFO if only_order else None,
    )
