"""CON010."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.connectivity._sessions import clients_here, grouped
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of


@check(
    "CON010",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    privilege=Privilege.MONITOR,
    settings={"warn_s": 60, "fail_s": 300},
)
def long_running_query(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A statement has been running for a long time.

    A deploy that needs a lock on one of its tables waits for its end, and everybody who comes later waits
    behind the deploy; it keeps old row versions alive and a core busy. Judged are the clients of this database
    by the age of the statement they are working on (`warn_s`, `fail_s`); only its first word is shown.

    Wait with the deploy, or cancel it; give the role a `statement_timeout`, and waive roles that are meant to
    run for long (`subject` is role/application).
    """
    warn, fail = settings.number("warn_s"), settings.number("fail_s")
    active = [row for row in clients_here(statistics) if row["state"] == "active" and row["leader_pid"] is None]
    for group in grouped(active, lambda row: float(row["query_s"])):
        severity = severity_of(group.worst, warn=warn, fail=fail)
        if severity is not None:
            limit = render_duration(limit_reached(severity, warn=warn, fail=fail))
            yield Finding(
                group.subject,
                f"{group} at work on one statement, the oldest for {render_duration(group.worst)}; "
                f"the limit is {limit}",
                hint=f"SELECT pg_cancel_backend({group.sessions[0]['pid']});",
                evidence=group.evidence,
                severity=severity,
            )
