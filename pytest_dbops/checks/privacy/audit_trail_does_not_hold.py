"""AUD004."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import Cost, Privilege, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.audit.verifying import Verified


@check("AUD004", category="privacy", severity=Severity.CRITICAL, cost=Cost.FULL, privilege=Privilege.SELECT)
def audit_trail_does_not_hold(audit_trail: Verified) -> Iterator[Finding]:
    """The audit trail is not what was sealed: an entry or a seal was edited, removed, put in, moved or cut off.

    Every seal is held against the one before it, and every entry against its seal. Each finding names the entry, seal
    or batch. Whoever owns the database can rewrite all of it so that it holds again: only a hash that was kept
    elsewhere tells (`dbops audit verify --anchor`), which a gate does not have.

    Compare what is named with a backup, and find out who could write there.
    """
    for fault in audit_trail.faults:
        yield Finding(
            f"audit trail[{fault.subject}]", fault.message, hint="compare with a backup", identity=fault.kind.value
        )
    total = sum(count for _, count in audit_trail.counts)
    if total > len(audit_trail.faults):
        left = total - len(audit_trail.faults)
        yield Finding("audit trail", f"{left} more faults are not told one by one", stands_for=left)
