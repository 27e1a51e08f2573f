"""PRF004."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.performance._statements import require_statements, shape_of, shown
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_number, severity_of


@check(
    "PRF004",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={"warn_ms": 100, "fail_ms": 1_000, "fewest_calls": 100, "least_percent": 1},
)
def slow_statement(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """A statement that is run often takes long.

    People wait for it, and it holds a connection, and often locks, for as long. Judged is the mean time between the
    last run and now (`warn_ms`, `fail_ms`) of statements that were called at least `fewest_calls` times and took at
    least `least_percent` of the time of all: a report once a night is not told of. Statements come from
    pg_stat_statements, whose constants are taken out; without that extension the check is skipped.

    Look at its plan: `EXPLAIN (ANALYZE, BUFFERS)`.
    """
    require_statements(statistics)
    window = window_of(statistics, history, "statements")
    queries = {row["id"]: row["query"] for row in statistics.rows("statements")}
    sound = [name for name in window.rows() if name in queries]
    total_ms = sum(window.grown("total_ms", name) for name in sound)
    warn, fail = settings.number("warn_ms"), settings.number("fail_ms")
    for name in sound:
        calls, spent_ms = window.grown("calls", name), window.grown("total_ms", name)
        if calls < settings.number("fewest_calls") or 100 * spent_ms < settings.number("least_percent") * total_ms:
            continue
        severity = severity_of(spent_ms / calls, warn=warn, fail=fail)
        if severity is not None:
            shape = shape_of(queries[name])
            yield Finding(
                shown(shape),
                f"took {render_number(spent_ms / calls)} ms on average in {calls:.0f} calls {window}, "
                f"{100 * spent_ms / total_ms:.0f} % of the time of all statements; "
                f"{limit_reached(severity, warn=warn, fail=fail):g} ms is the limit",
                hint="EXPLAIN (ANALYZE, BUFFERS) it with the values of a slow call",
                identity=shape,
                severity=severity,
            )
