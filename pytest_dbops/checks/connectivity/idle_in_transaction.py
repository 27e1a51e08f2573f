"""CON008."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.connectivity._sessions import clients_here, grouped
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of


@check(
    "CON008",
    category="connectivity",
    severity=Severity.ERROR,
    privilege=Privilege.MONITOR,
    settings={"warn_s": 60, "fail_s": 600, "file_s": 1},
)
def idle_in_transaction(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A session holds a transaction open and does nothing.

    It keeps its locks, so a migration that needs one of these tables waits behind it and everybody else waits
    behind the migration; vacuum cannot remove what it might still see. Judged are the clients of this
    database, by how long they have been idle (`warn_s`, `fail_s`). On SQLite it is a write transaction that
    one process was seen to hold for `file_s` (it is watched for a second at most); nobody else can write then.

    Let the application commit before it waits for anything else, and set
    `idle_in_transaction_session_timeout`.
    """
    if "activity" in statistics.parts:
        yield from _sessions(statistics, settings)
    if "locks" in statistics.parts:
        yield from _file_locks(statistics, settings.number("file_s"))


def _sessions(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    warn, fail = settings.number("warn_s"), settings.number("fail_s")
    idle = [row for row in clients_here(statistics) if (row["state"] or "").startswith("idle in transaction")]
    for group in grouped(idle, lambda row: float(row["state_s"])):
        severity = severity_of(group.worst, warn=warn, fail=fail)
        if severity is not None:
            limit = render_duration(limit_reached(severity, warn=warn, fail=fail))
            yield Finding(
                group.subject,
                f"{group} idle in a transaction, for {render_duration(group.worst)}; the limit is {limit}",
                hint=f"SELECT pg_terminate_backend({group.sessions[0]['pid']}); and set "
                "idle_in_transaction_session_timeout for the role",
                evidence=group.evidence,
                severity=severity,
            )


def _file_locks(statistics: Statistics, limit_s: float) -> Iterator[Finding]:
    for lock in statistics.rows("locks"):
        if lock["name"] in ("reserved", "wal_write") and lock["held_s"] >= limit_s:
            yield Finding(
                "write transaction",
                f"process {lock['pid']} holds a write transaction open, for {lock['held_s']:.1f} s at least; "
                f"the limit is {limit_s:g} s",
                hint="commit or end that process; nobody else can write meanwhile",
                severity=Severity.WARNING,
            )
