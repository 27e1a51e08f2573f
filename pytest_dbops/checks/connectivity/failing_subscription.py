"""CON018."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check("CON018", category="connectivity", severity=Severity.ERROR, backends=("postgresql",))
def failing_subscription(statistics: Statistics) -> Iterator[Finding]:
    """A logical subscription of this database is disabled, not running, or has met errors.

    Its tables stop following their publisher while everything looks well, and the publisher keeps WAL for it.
    A disabled subscription or one without a worker is an error. Errors that were counted (PostgreSQL 15 and
    newer) are a warning, because the counters only grow: they do not tell whether the fault is still there.

    Read the server's log, mend the conflicting row or skip it (`ALTER SUBSCRIPTION ... SKIP`), enable the
    subscription, and start counting anew with `pg_stat_reset_subscription_stats`.
    """
    for row in statistics.rows("subscriptions"):
        name = row["name"]
        if not row["is_enabled"]:
            hint = f'ALTER SUBSCRIPTION "{name}" ENABLE;'
            yield Finding(name, f"subscription {name!r} is disabled", hint=hint, identity="disabled")
        elif not row["is_running"]:
            hint = "read the server's log for the worker's error"
            yield Finding(name, f"subscription {name!r} has no running worker", hint=hint, identity="stopped")
        if errors := (row["apply_errors"] or 0) + (row["sync_errors"] or 0):
            since = f" since {row['counted_since']}" if row["counted_since"] else ""
            yield Finding(
                name,
                f"subscription {name!r} has met {errors} errors{since} "
                f"({row['apply_errors']} applying, {row['sync_errors']} copying)",
                hint="read the server's log; SELECT pg_stat_reset_subscription_stats(oid) FROM pg_subscription;",
                identity="errors",
                severity=Severity.WARNING,
            )
