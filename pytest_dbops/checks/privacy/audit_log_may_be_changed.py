"""AUD003."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.audit.role import Role
from pytest_dbops.core.check import check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.audit.state import AuditState
    from pytest_dbops.core.environment import Environment


@check("AUD003", category="privacy", severity=Severity.CRITICAL)
def audit_log_may_be_changed(audit: AuditState, environment: Environment) -> Iterator[Finding]:
    """The audit log or its seals may be changed by somebody who should only add to them.

    A trigger that refuses UPDATE, DELETE and TRUNCATE is missing, off or altered, on the log, one of its partitions or
    the seals; or a role beside the owner may write to them, call the functions, or make objects in their schema.
    Sealed entries that are changed are found by their seals (AUD004), those that wait for one are not.

    Run `dbops audit install` for the triggers, and take the rights away.
    """
    if not audit.has_log:
        raise DoesNotApply("there is no audit log (see table_without_audit_trail)")
    for each in audit.differences:
        if each.wanted is not None and each.wanted.role is Role.REFUSES:
            yield Finding(
                each.subject, f"{each.subject!r} does not refuse changes: its trigger {each.name!r} is missing, off or"
                " altered",
                hint=f"dbops audit install --env {environment.name}", identity=each.name,
            )  # fmt: skip
    for grant in audit.grants:
        kind = "FUNCTION " if grant.subject.endswith(")") else ""
        place = "SCHEMA dbops" if grant.subject.startswith("schema ") else f"{kind}{grant.subject}"
        role = "PUBLIC" if grant.grantee == "PUBLIC" else '"' + grant.grantee.replace('"', '""') + '"'
        yield Finding(
            grant.subject, f"role {grant.grantee!r} has {grant.privilege} on {grant.subject!r}",
            hint=f"REVOKE {grant.privilege} ON {place} FROM {role};", identity=f"{grant.grantee} {grant.privilege}",
        )  # fmt: skip
