"""CON022."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check("CON022", category="connectivity", severity=Severity.ERROR, backends=("postgresql",))
def configuration_not_in_effect(statistics: Statistics) -> Iterator[Finding]:
    """The server does not run with the configuration its files hold.

    A line it could not read makes the server keep all old values on a reload and refuse to start after a
    restart, which a deploy or a failover may be the first to notice. A value that waits for a restart is a
    warning, unless the server's command line overrides it. Every role sees those; faulty lines need a grant,
    and an info says when they were not seen. Restarts are CON026's.

    Mend the line and reload (`SELECT pg_reload_conf()`); plan the restart.
    """
    waiting = {row["name"]: row["is_overridden"] for row in statistics.rows("pending_restart")}
    for name in sorted(name for name, is_overridden in waiting.items() if not is_overridden):
        yield Finding(
            name,
            f"the new value of {name!r} waits for a restart",
            hint="restart the server, or take the change back",
            severity=Severity.WARNING,
        )
    if "config_errors" in statistics.unreadable:
        yield Finding(
            "configuration files",
            "faulty lines in the configuration files were not looked for",
            hint=statistics.unreadable["config_errors"],
            severity=Severity.INFO,
        )
        return
    for row in statistics.rows("config_errors"):
        if row["name"] not in waiting:
            yield Finding(
                row["name"] or row["file"],
                f"line {row['line']} of {row['file']!r} is not in effect: {row['error']}",
                hint="mend the line, then SELECT pg_reload_conf();",
                identity=str(row["error"]),
            )
