"""PRF008."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.performance._tables import TableActivity, analyze_threshold, table_activity
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of


@check(
    "PRF008",
    category="performance",
    severity=Severity.WARNING,
    kinds=RUNTIME_KINDS,
    settings={"warn_times": 1.2, "fail_times": 3, "fewest_rows": 1_000},
)
def analyze_overdue(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A table was never analysed, or has changed too much since.

    The planner guesses how many rows a condition leaves, and may read a whole table where an index was at hand, or
    join in a way that takes hours. On PostgreSQL the limit is the one at which autovacuum should have analysed the
    table (its storage parameters, then the server's settings), passed `warn_times` or `fail_times`; tables with less
    than `fewest_rows` rows, or changes, are never told of. On SQLite it is a table of so many rows of which
    `sqlite_stat1` holds nothing.

    Analyse the table; on SQLite let the application run `PRAGMA optimize` before it closes a connection.
    """
    if statistics.dialect == "sqlite":
        yield from _on_sqlite(statistics, fewest=settings.number("fewest_rows"))
        return
    for table in table_activity(statistics):
        if table.row["rows"] is None:
            yield from _never(table, fewest=settings.number("fewest_rows"))
        else:
            yield from _overdue(table, statistics, settings)


def _never(table: TableActivity, *, fewest: float) -> Iterator[Finding]:
    if max(table.rows, table.row["changed_rows"]) >= fewest:
        yield Finding(
            table.display,
            f"table {table.display!r} was never analysed and has about {table.rows} rows",
            hint=f"ANALYZE {table.quoted};",
        )


def _overdue(table: TableActivity, statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    warn, fail = settings.number("warn_times"), settings.number("fail_times")
    changed, threshold = table.row["changed_rows"], max(1.0, analyze_threshold(table, statistics.settings))
    severity = severity_of(changed / threshold, warn=warn, fail=fail)
    if severity is None or changed < settings.number("fewest_rows"):
        return
    yield Finding(
        table.display,
        f"{changed} rows of table {table.display!r} have changed since it was analysed, {changed / threshold:.1f} "
        f"times what autovacuum waits for ({threshold:.0f}); "
        f"{limit_reached(severity, warn=warn, fail=fail):g} times is the limit",
        hint=f"ANALYZE {table.quoted};",
        severity=severity,
    )


def _on_sqlite(statistics: Statistics, *, fewest: float) -> Iterator[Finding]:
    analysed = {row["name"] for row in statistics.rows("analyzed")}
    for table in statistics.rows("tables"):
        rows = table["rows"] or 0
        if table["name"] not in analysed and rows >= fewest:
            quoted = '"' + table["name"].replace('"', '""') + '"'
            yield Finding(
                table["name"],
                f"table {table['name']!r} was never analysed and has about {rows} rows",
                hint=f"ANALYZE {quoted};",
            )
