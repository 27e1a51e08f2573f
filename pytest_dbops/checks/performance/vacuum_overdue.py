"""PRF007."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.performance._tables import table_activity, vacuum_threshold
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of


@check(
    "PRF007",
    category="performance",
    severity=Severity.ERROR,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"warn_times": 1.2, "fail_times": 3, "fewest_rows": 1_000},
)
def vacuum_overdue(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A table holds more dead rows than the limit at which autovacuum should have removed them.

    Every scan reads past the dead rows and the table grows instead of using their room again. Autovacuum is off,
    too slow, stopped by locks, or held back by an old transaction (CON011 names it). The limit is the table's own:
    its storage parameters first, then the server's settings. `warn_times` and `fail_times` say how often it may be
    passed; a table with less than `fewest_rows` dead rows is never told of.

    Vacuum the table, then see why autovacuum did not: make it work harder (`autovacuum_vacuum_cost_limit`) or
    earlier for this table (`autovacuum_vacuum_scale_factor`).
    """
    warn, fail = settings.number("warn_times"), settings.number("fail_times")
    for table in table_activity(statistics):
        dead, threshold = table.row["dead_rows"], max(1.0, vacuum_threshold(table, statistics.settings))
        severity = severity_of(dead / threshold, warn=warn, fail=fail)
        if severity is None or dead < settings.number("fewest_rows"):
            continue
        yield Finding(
            table.display,
            f"table {table.display!r} holds {dead} dead rows beside {table.row['live_rows']} living ones, "
            f"{dead / threshold:.1f} times what autovacuum waits for ({threshold:.0f}); "
            f"{limit_reached(severity, warn=warn, fail=fail):g} times is the limit",
            hint=f"VACUUM {table.quoted};",
            severity=severity,
        )
