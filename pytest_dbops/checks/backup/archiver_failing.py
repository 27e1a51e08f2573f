"""BAK006."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of


@check(
    "BAK006",
    category="backup",
    severity=Severity.ERROR,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={"warn_waiting": 10, "fail_waiting": 50},
)
def archiver_failing(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """WAL files are not archived, or wait for it.

    Without them there is no way back to a moment between two backups, and they pile up in the WAL's folder until its
    disk is full. Judged is whether the last attempt failed, and how many files wait (`warn_waiting`, `fail_waiting`).
    Where `archive_mode` is off the check is skipped; BAK007 tells whether it should be on.

    Look at the archiver's error in the server's log, mend `archive_command`; it tries again by itself.
    """
    if statistics.settings.get("archive_mode") == "off":
        raise DoesNotApply("archive_mode is off")
    for row in statistics.rows("archiver"):
        if row["is_failing"]:
            yield Finding(
                "archiver",
                f"archiving of {row['last_failed_wal']} failed {render_duration(row['failed_s'] or 0)} ago, after "
                f"{row['last_archived_wal'] or 'nothing'} was archived last",
                hint="see the server's log for what archive_command said",
                identity="failed",
            )
    (queue,) = statistics.rows("archive_queue")
    warn, fail = settings.number("warn_waiting"), settings.number("fail_waiting")
    severity = severity_of(queue["waiting"], warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            "archiver",
            f"{queue['waiting']} WAL files wait to be archived; "
            f"{limit_reached(severity, warn=warn, fail=fail):g} is the limit",
            hint="see the server's log for what archive_command said, and how long it takes",
            identity="waiting",
            severity=severity,
        )
