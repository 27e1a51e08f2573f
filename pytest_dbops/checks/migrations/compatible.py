"""MIG007."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._steps import ENDED_EARLY, place, require_applied
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.rehearsed import CompatibilityFailure
    from pytest_dbops.core.walk import WalkedRevision


@check("MIG007", category="migrations", severity=Severity.WARNING, step=StepName.UPGRADE, cost=Cost.FULL)
def compatible(revision: WalkedRevision) -> Iterator[Finding]:
    """The release that runs cannot work on the schema that a revision makes.

    While a rolling deploy goes on, and after a rollback of the code alone, the old release works on the new schema:
    it selects a column that is gone, or inserts a row without a value that is now required. For each table that a
    revision changes, the statements of the release before it are run on the new schema, made from the table as it
    was: SELECT of all columns, INSERT, UPDATE of each column, DELETE. A refusal that comes of new code, as of a
    trigger, is an info: the rows are made up. Whether a release still uses a column is not known here.

    Split the change: first the release that works on both schemas, then what takes the old one away, as the finding
    says. Where deploys stop the application, switch the check off: `[checks.MIG007] enabled = false`.
    """
    require_applied(revision)
    if revision.met is None:
        raise DoesNotApply(ENDED_EARLY)
    if revision.broken is None:
        raise CannotJudge(revision.untried)
    for failure in revision.broken:
        yield _broken(revision, failure)


def _broken(revision: WalkedRevision, failure: CompatibilityFailure) -> Finding:
    from pytest_dbops.core.rehearsed import Breakage

    # What the schema does not explain: rows that were made up met code that may take those of the release.
    is_doubtful = failure.breakage in (Breakage.TRIGGER_ADDED, Breakage.REFUSED)
    subject = f"{failure.table}.{failure.column}" if failure.column else failure.table
    return Finding(
        subject,
        f"after {revision.revision!r} ({place(revision, StepName.UPGRADE)}), {failure.line}",
        hint=failure.order,
        evidence=({"statements": ", ".join(failure.statements), "message": failure.message},),
        identity=f"{revision.revision} {failure.breakage.value}",
        severity=Severity.INFO if is_doubtful else None,
    )
