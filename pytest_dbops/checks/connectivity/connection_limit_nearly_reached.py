"""CON007."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of


@check(
    "CON007",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"warn_percent": 80, "fail_percent": 95},
)
def connection_limit_nearly_reached(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A role, or this database, is close to its own connection limit.

    New sessions are refused (`too many connections for role`) although the server has room; a deploy that
    starts new application servers before it stops the old ones hits this first. Judged is the share of the
    limit that is taken (`warn_percent`, `fail_percent`). Limits of 0, which lock somebody out on purpose, and
    superusers, who are exempt, are not judged. A role without pg_monitor cannot tell clients from workers; it
    may pass, but never fails on that count.

    Raise the limit (`ALTER ROLE ... CONNECTION LIMIT n`, `ALTER DATABASE ... CONNECTION LIMIT n`) or make the
    pools smaller.
    """
    for part, what in (("roles", "role"), ("databases", "database")):
        for row in statistics.parts[part]:
            if row["connection_limit"] > 0 and not row.get("is_superuser", False):
                yield from _judged(statistics, part, what, row, settings)


def _judged(
    statistics: Statistics, part: str, what: str, row: Mapping[str, Any], settings: Settings
) -> Iterator[Finding]:
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    name, limit, taken = row["name"], row["connection_limit"], row["sessions"]
    percent = 100 * taken / limit
    severity = severity_of(percent, warn=warn, fail=fail)
    if severity is None:
        return
    if part in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable[part])
    allowed = limit_reached(severity, warn=warn, fail=fail)
    yield Finding(
        name,
        f"{what} {name!r} uses {taken} of its {limit} connections ({percent:.0f} %); the limit is {allowed:g} %",
        hint=f'ALTER {what.upper()} "{name}" CONNECTION LIMIT {2 * limit};',
        identity=what,
        severity=severity,
    )
