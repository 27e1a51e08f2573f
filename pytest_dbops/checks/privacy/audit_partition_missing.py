"""AUD006."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.audit.state import AuditState
    from pytest_dbops.core.environment import Environment


@check("AUD006", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def audit_partition_missing(audit: AuditState, environment: Environment) -> Iterator[Finding]:
    """The audit log has no partition for this month or the next, or no default one.

    Entries without a partition of their own go to the default partition, so that no write fails; but what is there
    cannot be archived by month, and keeps that month's partition from being made. Without a default partition the
    application's own statements fail.

    `dbops audit seal` makes partitions ahead (`[audit] months_ahead`): run it by a timer.
    """
    if not audit.has_log:
        raise DoesNotApply("there is no audit log (see table_without_audit_trail)")
    present = {each.month for each in audit.partitions}
    held = {month for each in audit.partitions for month in each.holds}
    hint = f"dbops audit seal --env {environment.name}"
    if "" not in present:
        yield Finding(
            "dbops.audit_log", "the audit log has no default partition: a statement whose month has none fails",
            hint="CREATE TABLE dbops.audit_log_default PARTITION OF dbops.audit_log DEFAULT;", identity="default",
        )  # fmt: skip
    for month in audit.months[:2]:
        if month not in present:
            where = " (its entries are in the default partition)" if month in held else ""
            yield Finding(
                "dbops.audit_log", f"the audit log has no partition for {month}{where}", hint=hint, identity=month
            )  # fmt: skip
