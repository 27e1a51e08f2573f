"""MIG009."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._steps import place, require_judged
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.downgrades import DowngradeRule
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.walk import Walk


@check("MIG009", category="migrations", severity=Severity.INFO, cost=Cost.FULL)
def declared_irreversible(walk: Walk, downgrade_rule: DowngradeRule) -> Iterator[Finding]:
    """Revisions that say themselves that they cannot be taken back.

    A release with one of them has no way back but a backup, and whoever deploys it should know before. A downgrade
    that does nothing but raise declares that, best with the reason: it is an info, with its words. Where the project
    asks for downgrades (`[migrations] downgrades = "required"`) it is an error; where it ignores them, nothing is
    asked.

    Write a downgrade, or let it raise with the reason that makes one impossible. A release that must have one can be
    cut in two: first the step that can be taken back, later the one that cannot.
    """
    require_judged(downgrade_rule)
    is_required = downgrade_rule is DowngradeRule.REQUIRED
    for revision in walk.revisions:
        if revision.irreversible is None:
            continue
        words = f": {revision.irreversible}" if revision.irreversible else ", without a reason"
        yield Finding(
            revision.revision,
            f"{revision.revision!r} is declared irreversible ({place(revision, StepName.DOWNGRADE)}){words}",
            hint='[migrations] downgrades = "required" asks for a downgrade' if is_required else "",
            identity="irreversible",
            severity=Severity.ERROR if is_required else None,
        )
