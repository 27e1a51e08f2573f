"""MIG003."""

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
    from pytest_dbops.core.walk import WalkedRevision


@check("MIG003", category="migrations", severity=Severity.ERROR, step=StepName.UPGRADE_AGAIN, cost=Cost.FULL)
def reapplies(revision: WalkedRevision, downgrade_rule: DowngradeRule = DowngradeRule.DECLARED) -> Iterator[Finding]:
    """A revision that was taken back cannot be put in again, or gives another schema the second time.

    After a rollback the mended release has to be deployed over what the downgrade left. A type, an index or a column
    that is still there stops it. Skipped for a revision whose downgrade does nothing, fails, or declares it
    irreversible: there is nothing to put in again.

    Let the downgrade drop what the upgrade makes, types among them, which go with no table.
    """
    require_applied(revision)
    require_judged(downgrade_rule)
    if revision.irreversible is not None or revision.downgrade in (Downgrade.EMPTY, Downgrade.MISSING):
        raise DoesNotApply("its downgrade takes nothing back, so there is nothing to put in again")
    step = revision.step(StepName.UPGRADE_AGAIN)
    if step is None:
        raise DoesNotApply("its downgrade fails (see reverses), so there is nothing to put in again")
    if step.failure is not None:
        yield failed(revision, step)
    elif not step.difference.is_empty:
        only_order = step.difference.same_meaning
        what = "leaves the columns in another order" if only_order else "gives another schema than the first"
        yield Finding(
            revision.revision,
            f"upgrade again of {revision.revision!r} {what} ({place(revision, StepName.UPGRADE_AGAIN)}):"
            f" {in_words(step.difference)}",
            evidence=changes(step.difference),
            identity="column order" if only_order else "another schema",
            severity=Severity.INFO if only_order else None,
        )
