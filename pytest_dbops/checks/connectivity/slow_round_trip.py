"""CON001."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_number, severity_of


@check(
    "CON001",
    category="connectivity",
    severity=Severity.ERROR,
    settings={"warn_ms": 50, "fail_ms": 1000, "attempts": 5},
)
def slow_round_trip(session: Session, settings: Settings) -> Iterator[Finding]:
    """The database answers the smallest question slowly.

    Every statement pays this time, so a page of forty statements pays it forty times; a migration with
    thousands of small steps holds its locks that much longer. The median of `attempts` runs of SELECT 1 is
    compared with `warn_ms` and `fail_ms`. A database that cannot be reached at all makes the whole gate
    inconclusive.

    Look for distance (another region, a tunnel), a saturated network or server, or a pooler that queues.
    """
    warn, fail = settings.number("warn_ms"), settings.number("fail_ms")
    took_ms = median(session.round_trip_ms() for _ in range(max(1, int(settings.number("attempts")))))
    severity = severity_of(took_ms, warn=warn, fail=fail)
    if severity is not None:
        limit = limit_reached(severity, warn=warn, fail=fail)
        yield Finding(
            "round trip",
            f"SELECT 1 takes {render_number(took_ms)} ms (median); the limit is {limit:g} ms",
            hint="measure from another machine to tell the network from the server",
            severity=severity,
        )
