"""AUD002."""

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


@check("AUD002", category="privacy", severity=Severity.ERROR)
def audit_trail_altered(audit: AuditState, environment: Environment) -> Iterator[Finding]:
    """A function or trigger that records changes is not what this tool makes of `[audit]`.

    Somebody edited it, a column was added on SQLite, whose triggers name their columns, a key, a mask or another rule
    changed since it was installed, or a newer version of the tool makes it otherwise. Entries may lack columns, hold
    values that were to be masked, or not be written at all. A trigger on a table that is no longer audited is told too.

    Look at what is there, then run `dbops audit install`, which replaces it.
    """
    hint = f"dbops audit install --env {environment.name}"
    for each in audit.differences if audit.has_log else ():
        if each.wanted is None:
            assert each.found is not None
            if each.found.role is Role.RECORDS:
                yield Finding(
                    each.subject, f"trigger {each.name!r} of {each.subject!r} records what [audit] does not name",
                    hint=hint, identity=each.name, severity=Severity.WARNING,
                )  # fmt: skip
        elif each.wanted.role is Role.FUNCTION:
            what = "is missing" if each.found is None else "is not the one this tool makes"
            yield Finding(each.subject, f"function {each.subject!r} {what}", hint=hint)
        elif each.wanted.role is Role.RECORDS and each.found is not None and each.found.text != each.wanted.text:
            yield Finding(
                each.subject, f"trigger {each.name!r} of {each.subject!r} is not the one that [audit] asks for",
                hint=hint, identity=each.name,
            )  # fmt: skip
