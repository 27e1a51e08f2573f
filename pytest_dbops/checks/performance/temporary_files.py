"""PRF012."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_bytes, severity_of


@check(
    "PRF012",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"warn_bytes_per_hour": 104_857_600, "fail_bytes_per_hour": 1_073_741_824},
)
def temporary_files(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """Statements sort and hash on the disk, because the memory they are allowed is too small.

    They are many times slower for it, fill the disk for everybody, and push other pages out of the cache. Judged are
    the bytes an hour that this database wrote to temporary files between the last run and now
    (`warn_bytes_per_hour`, `fail_bytes_per_hour`).

    Find the statements (`log_temp_files = '10MB'`), give them an index in the wanted order, or raise `work_mem` for
    the role that runs them.
    """
    window = window_of(statistics, history, "database_counters")
    files, written = window.grown("temp_files"), window.grown("temp_bytes")
    warn, fail = settings.number("warn_bytes_per_hour"), settings.number("fail_bytes_per_hour")
    severity = severity_of(window.per_hour(written), warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            "work_mem",
            f"{files:.0f} temporary files of {render_bytes(written)} together were written {window}, "
            f"{render_bytes(window.per_hour(written))} an hour; "
            f"{render_bytes(limit_reached(severity, warn=warn, fail=fail))} is the limit",
            hint="set log_temp_files = '10MB' to find the statements; raise work_mem for their role",
            severity=severity,
        )
