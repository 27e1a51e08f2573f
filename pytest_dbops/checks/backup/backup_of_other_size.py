"""BAK002."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.backup._catalogue import known_backups, newest
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import BackupCatalog
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, severity_of


@check(
    "BAK002",
    category="backup",
    severity=Severity.WARNING,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.FILE,
    settings={"warn_percent": 30, "fail_percent": 60, "compared": 7},
)
def backup_of_other_size(backups: BackupCatalog, settings: Settings) -> Iterator[Finding]:
    """The newest backup is much smaller than those before it.

    A dump that was cut off, or of a database that was emptied, looks fresh and restores to nothing. Judged is by how
    much it is smaller than the median of the `compared` before it (`warn_percent`, `fail_percent`); with less than
    three of them there is nothing to compare with.

    Look into it before the older ones are removed, and find out what is missing.
    """
    last = newest(backups)
    before = known_backups(backups)[1 : 1 + int(settings.number("compared"))]
    if len(before) < 3:
        return
    usual = median(backup.size_bytes for backup in before)
    percent = 100 * (usual - last.size_bytes) / usual if usual else 0
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    severity = severity_of(percent, warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            last.name,
            f"backup {last.name!r} has {render_bytes(last.size_bytes)}, {percent:.0f} % less than the "
            f"{render_bytes(usual)} of those before; {limit_reached(severity, warn=warn, fail=fail):g} % is the limit",
            hint="restore it to a scratch server and count the rows",
            severity=severity,
        )
