"""AUD005."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Privilege, check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.audit.state import AuditState
    from pytest_dbops.core.environment import Environment


@check("AUD005", category="privacy", severity=Severity.ERROR, privilege=Privilege.SELECT)
def audit_entry_waits_for_seal(audit: AuditState, environment: Environment) -> Iterator[Finding]:
    """An entry of the audit trail waits longer for its seal than `[audit] seal_within_s` allows.

    Until it is sealed, an entry can be changed or removed without a trace by whoever owns the log. The timer that runs
    `dbops audit seal` does not run or fails, or a transaction has been writing for that long.

    Run `dbops audit seal`, and mend the timer.
    """
    if not audit.has_log:
        raise DoesNotApply("there is no audit log (see table_without_audit_trail)")
    waiting, limit = audit.waiting, audit.wanted.rules.seal_within_s
    if waiting.entries and waiting.oldest_s > limit:
        yield Finding(
            "audit trail",
            f"{waiting.entries} entries have no seal, the oldest for {waiting.oldest_s:.0f} s; {limit:g} s are allowed",
            hint=f"dbops audit seal --env {environment.name}",
        )
