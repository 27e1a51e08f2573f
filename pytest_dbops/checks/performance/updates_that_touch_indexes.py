"""PRF014."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.performance._tables import table_activity
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "PRF014",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"least_percent": 50, "updates_per_hour": 10_000},
)
def updates_that_touch_indexes(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """Most updates of a busy table have to change all its indexes.

    An update that changes no indexed column and finds room in its page (HOT) leaves the indexes alone; any other
    writes to each of them, which bloats them and makes the WAL grow. Judged is the share of HOT updates between the
    last run and now (`least_percent`) of tables with at least `updates_per_hour`.

    Leave room in the pages (`fillfactor = 80`, then VACUUM FULL or wait), and drop indexes on columns that change all
    the time.
    """
    window = window_of(statistics, history, "table_activity")
    sound = set(window.rows())
    for table in table_activity(statistics):
        name = f"{table.row['schema']}.{table.row['name']}"
        if name not in sound:
            continue
        updates, hot = window.grown("updates", name), window.grown("hot_updates", name)
        if window.per_hour(updates) < settings.number("updates_per_hour"):
            continue
        if 100 * hot < settings.number("least_percent") * updates:
            yield Finding(
                table.display,
                f"{100 * hot / updates:.0f} % of {updates:.0f} updates of table {table.display!r} left its indexes "
                f"alone {window}; {settings.number('least_percent'):g} % is the least",
                hint=f"ALTER TABLE {table.quoted} SET (fillfactor = 80);",
            )
