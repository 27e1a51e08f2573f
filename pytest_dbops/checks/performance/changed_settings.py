"""PRF016."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Privilege, check
from pytest_dbops.core.counters import FIRST_RUN, kept_settings, settings_in
from pytest_dbops.core.errors import DoesNotApply, MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "PRF016",
    category="performance",
    severity=Severity.WARNING,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
)
def changed_settings(statistics: Statistics, history: History) -> Iterator[Finding]:
    """A setting of the server is another than at the last run.

    Somebody changed it by hand, a failover led to a server that is set up otherwise, or an upgrade brought a new
    default: what was measured before may not hold any more. On SQLite the settings that the file keeps are compared.
    The values of this run are kept for the next. What waits for a restart is CON022's.

    Nothing, if it was meant; it is told once. Else set it back, and keep settings under version control.
    """
    if "settings" in statistics.unreadable:
        raise MissingPrivilege(statistics.unreadable["settings"])
    before = settings_in(history)
    if before is None:
        raise DoesNotApply(FIRST_RUN)
    now = kept_settings(statistics)
    for name in sorted(before.keys() & now.keys()):
        if before[name] != now[name]:
            yield Finding(
                name,
                f"setting {name!r} is {now[name]!r} and was {before[name]!r} at the last run",
                hint=f"if that was not meant: ALTER SYSTEM SET {name} = '{before[name]}';",
                identity=f"{before[name]} {now[name]}",
            )
