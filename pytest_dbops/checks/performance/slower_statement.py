"""PRF005."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.checks.performance._statements import require_statements, shape_of, shown
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.counters import FIRST_RUN, Window, window_of
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, render_number, severity_of


@check(
    "PRF005",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={"warn_times": 1.5, "fail_times": 3, "least_ms": 5, "fewest_calls": 100},
)
def slower_statement(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """A statement takes longer than it used to.

    A plan has changed, an index is gone, or a table has outgrown its memory; nobody changed the statement, so nobody
    looks. Compared is the mean time since the last run with the mean time before it, of statements called at least
    `fewest_calls` times in both and taking `least_ms` or more now (`warn_times`, `fail_times`). The number of pages
    read a call, which does not depend on how busy the machine is, is told beside it.

    Compare the plans: `EXPLAIN (ANALYZE, BUFFERS)`; ANALYZE the tables; look at what was deployed between.
    """
    require_statements(statistics)
    window = window_of(statistics, history, "statements")
    if window.before is None:
        raise DoesNotApply(FIRST_RUN)
    queries = {row["id"]: row["query"] for row in statistics.rows("statements")}
    warn, fail = settings.number("warn_times"), settings.number("fail_times")
    for name in window.rows():
        if name not in queries or not _is_weighty(window, name, settings):
            continue
        then_ms, now_ms = _mean_before(window, name, "total_ms"), _mean(window, name, "total_ms")
        severity = severity_of(now_ms / max(then_ms, 1e-6), warn=warn, fail=fail)
        if severity is not None and now_ms >= settings.number("least_ms"):
            shape = shape_of(queries[name])
            pages = f"{_mean_before(window, name, 'blocks'):.0f} to {_mean(window, name, 'blocks'):.0f} pages a call"
            yield Finding(
                shown(shape),
                f"took {render_number(now_ms)} ms on average {window}, {now_ms / max(then_ms, 1e-6):.1f} times the "
                f"{render_number(then_ms)} ms before ({pages}); "
                f"{limit_reached(severity, warn=warn, fail=fail):g} times is the limit",
                hint="EXPLAIN (ANALYZE, BUFFERS) it, and ANALYZE its tables",
                identity=shape,
                severity=severity,
            )


def _is_weighty(window: Window, name: str, settings: Settings) -> bool:
    fewest = settings.number("fewest_calls")
    return window.grown("calls", name) >= fewest and _before(window, name, "calls") >= fewest


def _mean(window: Window, name: str, column: str) -> float:
    return window.grown(column, name) / window.grown("calls", name)


def _mean_before(window: Window, name: str, column: str) -> float:
    return _before(window, name, column) / _before(window, name, "calls")


def _before(window: Window, name: str, column: str) -> float:
    return window.before.counters.get(f"statements/{name}/{column}", 0.0) if window.before else 0.0
