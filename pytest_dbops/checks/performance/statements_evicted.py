"""PRF006."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.performance._statements import require_statements
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "PRF006",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={"evictions_per_hour": 1},
)
def statements_evicted(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """pg_stat_statements forgets statements, because there are more of them than it has room for.

    Each eviction drops the twentieth part that was used least, so what was slow may be missing from every report, and
    PRF004 and PRF005 do not see it. Judged are evictions an hour between the last run and now
    (`evictions_per_hour`). Without the extension the check is skipped.

    Raise `pg_stat_statements.max`, and see why there are so many shapes: long `IN` lists, or literals built into the
    text of utility statements.
    """
    require_statements(statistics)
    window = window_of(statistics, history, "statements_info")
    evictions = window.grown("evictions")
    limit = settings.number("evictions_per_hour")
    if window.per_hour(evictions) > limit:
        (row,) = statistics.rows("statements_info")
        yield Finding(
            "pg_stat_statements.max",
            f"statements were evicted {evictions:.0f} times {window}, {window.per_hour(evictions):.1f} times an hour; "
            f"{limit:g} is the limit",
            hint=f"ALTER SYSTEM SET pg_stat_statements.max = {2 * int(row['most'] or 5000)}; and restart",
        )
