"""AUD008."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.audit.months import month_beside
from pytest_dbops.core.check import Privilege, check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.audit.state import AuditState
    from pytest_dbops.core.environment import Environment


@check("AUD008", category="privacy", severity=Severity.ERROR, privilege=Privilege.SELECT)
def audit_entry_past_retention(audit: AuditState, environment: Environment) -> Iterator[Finding]:
    """The audit trail keeps entries longer than `[audit] keep_months` says.

    Entries hold old and new values, personal data among them, which may not be kept for longer than there is a reason
    to. The month that has just become one too many is a warning, one that is older an error: the timer that runs
    `dbops audit expire` does not run or fails. Where nothing says how long entries are kept, that is told as an info.

    Run `dbops audit expire`, after a dump of those months if they are archived; it needs `may_destroy`.
    """
    if not audit.has_log:
        raise DoesNotApply("there is no audit log (see table_without_audit_trail)")
    kept = audit.wanted.rules.keep_months
    if kept is None:
        yield Finding(
            "audit trail", "nothing says how long entries are kept", hint="add to [audit]: keep_months = 120",
            identity="unsaid", severity=Severity.INFO,
        )  # fmt: skip
        return
    oldest_kept = month_beside(audit.months[0], -kept)
    if audit.oldest and audit.oldest < oldest_kept:
        is_new = audit.oldest == month_beside(oldest_kept, -1)
        yield Finding(
            "audit trail", f"it goes back to {audit.oldest}; {kept} months are kept, those from {oldest_kept} on",
            hint=f"dbops audit expire --env {environment.name}", severity=Severity.WARNING if is_new else None,
        )  # fmt: skip
