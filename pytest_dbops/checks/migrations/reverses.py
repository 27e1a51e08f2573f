"""MIG002."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._steps import changes, failed, in_words, place, require_applied, require_judged
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.downgrades import Downgrade, DowngradeRule
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.walk import Step, WalkedRevision

_WHY = {
    Downgrade.EMPTY: "its downgrade does nothing",
    Downgrade.MISSING: "it has no downgrade",
}


@check("MIG002", category="migrations", severity=Severity.ERROR, step=StepName.DOWNGRADE, cost=Cost.FULL)
def reverses(revision: WalkedRevision, downgrade_rule: DowngradeRule = DowngradeRule.DECLARED) -> Iterator[Finding]:
    """A revision cannot be taken back, or leaves something behind.

    A release that has to be rolled back stops half-way, or leaves a schema that no revision describes: the next
    upgrade then fails on what is already there, or works without a rule that was thought to hold. The schema after
    the downgrade is compared with that before the upgrade, down to triggers, grants and comments; a difference in
    nothing but the order of columns is an info. A revision whose downgrade does nothing but raise is skipped here, and
    listed by `declared_irreversible`. A downgrade that does nothing is found by what it leaves behind; with
    `[migrations] downgrades = "required"` also where the schema is the same, as after an upgrade that changed rows.

    Write the downgrade that undoes each statement of the upgrade; where nothing can undo them, let it raise with the
    reason.
    """
    require_applied(revision)
    require_judged(downgrade_rule)
    if revision.irreversible is not None:
        raise DoesNotApply("its downgrade declares it irreversible (see declared_irreversible)")
    step = revision.step(StepName.DOWNGRADE)
    assert step is not None
    if step.failure is not None:
        yield failed(revision, step)
    elif not step.difference.is_empty:
        yield _residue(revision, step)
    elif downgrade_rule is DowngradeRule.REQUIRED and revision.downgrade in _WHY and not revision.is_empty:
        yield Finding(
            revision.revision,
            f"{revision.revision!r} cannot be taken back ({place(revision, StepName.DOWNGRADE)}):"
            f" {_WHY[revision.downgrade]}, and its upgrade does something",
            hint='[migrations] downgrades = "required" asks for a downgrade',
            identity="no downgrade",
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
