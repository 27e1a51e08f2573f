"""AUD001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.audit.role import Role
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.audit.state import AuditState
    from pytest_dbops.core.environment import Environment


@check("AUD001", category="privacy", severity=Severity.CRITICAL)
def table_without_audit_trail(audit: AuditState, environment: Environment) -> Iterator[Finding]:
    """A table that `[audit]` names leaves no trail, or not of every kind of change.

    A trigger is missing or switched off on the table, or on one of its partitions, which a statement may name by
    itself. What changed meanwhile is in no entry, and no later check can find it. A pattern that matches nothing is
    told too: the table it meant is not audited.

    Run `dbops audit install`, and compare with a backup what was changed while the trigger was not there.
    """
    hint = f"dbops audit install --env {environment.name}"
    for subject, line in audit.wanted.problems:
        yield Finding(subject, line, hint="mend [audit] in dbops.toml", identity=line)
    if not audit.has_log:
        for table in audit.wanted.tables:
            yield Finding(table.display, f"{table.display!r} leaves no audit trail: none is installed", hint=hint)
        return
    for each in audit.differences:
        if each.wanted is None or each.wanted.role is not Role.RECORDS:
            continue
        if each.found is None:
            yield Finding(
                each.subject, f"{each.subject!r} lacks the trigger {each.name!r}", hint=hint, identity=each.name
            )
        elif not each.found.is_on:
            yield Finding(
                each.subject, f"trigger {each.name!r} of {each.subject!r} does not fire in every session",
                hint=hint, identity=each.name,
            )  # fmt: skip
