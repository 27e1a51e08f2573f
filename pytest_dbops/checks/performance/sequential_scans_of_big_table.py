"""PRF003."""

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
    "PRF003",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"fewest_rows": 10_000, "scans_per_hour": 50, "rows_per_scan_percent": 50},
)
def sequential_scans_of_big_table(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """A table of many rows is read from end to end again and again.

    Each such scan takes longer as the table grows, fills memory with pages nobody asked for, and slows down whatever
    runs beside it. Told of are tables of at least `fewest_rows` rows that were read more than `scans_per_hour` times
    an hour between the last run and now, on average at least `rows_per_scan_percent` of their rows: a scan that stops
    early (`LIMIT`, `EXISTS`) is cheap.

    Find the statement (PRF004, or `auto_explain`) and give it an index.
    """
    window = window_of(statistics, history, "table_activity")
    sound = set(window.rows())
    for table in table_activity(statistics):
        name = f"{table.row['schema']}.{table.row['name']}"
        if name not in sound or table.rows < settings.number("fewest_rows"):
            continue
        scans, rows = window.grown("sequential_scans", name), window.grown("sequential_rows", name)
        is_whole = scans and 100 * rows / scans / table.rows >= settings.number("rows_per_scan_percent")
        if is_whole and window.per_hour(scans) > settings.number("scans_per_hour"):
            yield Finding(
                table.display,
                f"table {table.display!r} with {table.rows} rows was read from end to end {scans:.0f} times {window}, "
                f"{window.per_hour(scans):.0f} times an hour; {settings.number('scans_per_hour'):g} is the limit",
                hint="find the statement in pg_stat_statements and give it an index",
            )
