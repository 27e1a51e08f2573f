"""BAK001."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import good_backups, known_backups
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of

_HOUR_S = 3_600


@check(
    "BAK001",
    category="backup",
    severity=Severity.ERROR,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.FILE,
    settings={"warn_hours": 26, "fail_hours": 50},
)
def backup_too_old(
    backups: BackupCatalog, environment: Environment, clock: datetime, settings: Settings
) -> Iterator[Finding]:
    """There is no backup, or the newest is too old.

    Everything written since is lost when the disk is. Asked where `require` of the environment names
    `recent_backup`; the age of the newest backup is judged (`warn_hours`, `fail_hours`): one a day, and an hour or
    two for it to run. One whose last verification found something wrong is none.

    Make one now, then see why the last did not run.
    """
    known = good_backups(backups)
    if not known:
        bad = len(known_backups(backups))
        but = f" that is whole: the last verification of {bad} failed" if bad else ""
        yield Finding(environment.name, f"environment {environment.name!r} has no backup{but}", hint="make one now")
        return
    age_s = (clock - known[0].finished_at).total_seconds()
    warn, fail = settings.number("warn_hours") * _HOUR_S, settings.number("fail_hours") * _HOUR_S
    severity = severity_of(age_s, warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            environment.name,
            f"the newest backup, {known[0].name!r}, is {render_duration(age_s)} old; "
            f"{render_duration(limit_reached(severity, warn=warn, fail=fail))} is the limit",
            hint="make one now, then see why the last did not run",
            severity=severity,
        )
