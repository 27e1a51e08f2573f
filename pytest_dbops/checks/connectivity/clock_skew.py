"""CON021."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_duration, severity_of


@check(
    "CON021",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"warn_s": 2, "fail_s": 5},
)
def clock_skew(session: Session, settings: Settings) -> Iterator[Finding]:
    """The clocks of this machine and of the server differ.

    Tokens and sessions expire early or never, rows written by the application and by the database sort wrongly,
    and every age in a report is off by as much. The server's clock is read between two readings of ours; it is
    ahead or behind (`warn_s`, `fail_s`) by what it lies outside of them.

    Run a time service (chrony, systemd-timesyncd) on both machines.
    """
    before = datetime.now(UTC)
    answered = str(session.scalar("SELECT pg_catalog.to_json(pg_catalog.clock_timestamp()) #>> '{}'"))
    after = datetime.now(UTC)
    warn, fail = settings.number("warn_s"), settings.number("fail_s")
    ahead_s = seconds_ahead(before, datetime.fromisoformat(answered), after)
    severity = severity_of(abs(ahead_s), warn=warn, fail=fail)
    if severity is not None:
        side = "ahead of" if ahead_s >= 0 else "behind"
        limit = limit_reached(severity, warn=warn, fail=fail)
        yield Finding(
            "clock",
            f"the server's clock is {render_duration(abs(ahead_s))} {side} this machine's; the limit is {limit:g} s",
            hint="timedatectl status, on both machines",
            severity=severity,
        )


def seconds_ahead(before: datetime, server: datetime, after: datetime) -> float:
    """Return by how much the server's clock is ahead, at least; 0 when it lies between our two readings."""
    if server > after:
        return (server - after).total_seconds()
    return min(0.0, (server - before).total_seconds())
