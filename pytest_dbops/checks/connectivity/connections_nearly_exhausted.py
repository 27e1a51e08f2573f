"""CON006."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.connectivity._sessions import count_clients
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of

_RESERVED = ("superuser_reserved_connections", "reserved_connections")


@check(
    "CON006",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"warn_percent": 80, "fail_percent": 90},
)
def connections_nearly_exhausted(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """Nearly all connections of the server are taken.

    The next client is refused (`too many clients already`): application servers that start for a deploy, the
    migration itself, the backup. Counted are clients of all databases against `max_connections` less what is
    reserved for superusers and, from PostgreSQL 16 on, for pg_use_reserved_connections (`warn_percent`,
    `fail_percent`). A role without pg_monitor cannot tell clients from workers; it may pass, but never fails on
    that count.

    Close idle sessions, give pools a smaller size or put a pooler in front; raising `max_connections` needs a
    restart.
    """
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    usable = int(statistics.settings["max_connections"])
    usable -= sum(int(statistics.settings.get(name, "0")) for name in _RESERVED)
    taken = count_clients(statistics.parts["activity"])
    percent = 100 * taken / max(1, usable)
    severity = severity_of(percent, warn=warn, fail=fail)
    if severity is None:
        return
    if "activity" in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable["activity"])
    limit = limit_reached(severity, warn=warn, fail=fail)
    yield Finding(
        "server",
        f"{taken} of {usable} connections are taken ({percent:.0f} %); the limit is {limit:g} %",
        hint="SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3;",
        severity=severity,
    )
