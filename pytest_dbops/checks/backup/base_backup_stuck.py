"""BAK012."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, render_duration, severity_of

_HOUR_S = 3_600


@check(
    "BAK012",
    category="backup",
    severity=Severity.ERROR,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={"warn_hours": 6, "fail_hours": 24},
)
def base_backup_stuck(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A base backup has been running for too long.

    It holds back the removal of WAL, and there will be no new backup until it ends. Judged is for how long
    (`warn_hours`, `fail_hours`).

    Look at the disk and the network it writes to; end it and begin anew.
    """
    warn, fail = settings.number("warn_hours") * _HOUR_S, settings.number("fail_hours") * _HOUR_S
    for row in statistics.rows("base_backups"):
        running_s = row["running_s"] or 0.0
        severity = severity_of(running_s, warn=warn, fail=fail)
        if severity is not None:
            yield Finding(
                row["application"] or "base backup",
                f"a base backup has been running for {render_duration(running_s)} and has sent "
                f"{render_bytes(row['streamed_bytes'] or 0)}; "
                f"{render_duration(limit_reached(severity, warn=warn, fail=fail))} is the limit",
                hint=f"SELECT pg_terminate_backend({row['pid']}); and begin anew",
                severity=severity,
            )
