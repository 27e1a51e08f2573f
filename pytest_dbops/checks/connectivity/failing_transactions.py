"""CON019."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import Window, window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import limit_reached, severity_of


@check(
    "CON019",
    category="connectivity",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={
        "deadlocks_per_hour": 0,
        "conflicts_per_hour": 0,
        "warn_percent": 5,
        "fail_percent": 20,
        "fewest_transactions": 1_000,
    },
)
def failing_transactions(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """Transactions end in a deadlock, in a conflict with replication, or are rolled back too often.

    Each was work for nothing, and most were somebody's error page. Judged is what happened in this database between
    the last run and now: deadlocks (`deadlocks_per_hour`), queries that a standby cancelled (`conflicts_per_hour`),
    and the share of rollbacks among at least `fewest_transactions` (`warn_percent`, `fail_percent`).

    Deadlocks: take locks in one order everywhere; the server's log names both statements. Rollbacks: look for an
    error the application retries blindly. Conflicts: raise `max_standby_streaming_delay`, or set
    `hot_standby_feedback`.
    """
    window = window_of(statistics, history, "database_counters")
    yield from _counted(window, "deadlocks", settings, "the server's log names both statements of each")
    yield from _counted(window, "conflicts", settings, "raise max_standby_streaming_delay, or set hot_standby_feedback")
    back, done = window.grown("xact_rollback"), window.grown("xact_commit")
    if back + done < settings.number("fewest_transactions"):
        return
    percent = 100 * back / (back + done)
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    severity = severity_of(percent, warn=warn, fail=fail)
    if severity is not None:
        yield Finding(
            "rollbacks",
            f"{back:.0f} of {back + done:.0f} transactions were rolled back {window} ({percent:.1f} %); "
            f"{limit_reached(severity, warn=warn, fail=fail):g} % is the limit",
            hint="look in the server's log for the error the application meets",
            severity=severity,
        )


def _counted(window: Window, name: str, settings: Settings, hint: str) -> Iterator[Finding]:
    number, limit = window.grown(name), settings.number(f"{name}_per_hour")
    if window.per_hour(number) > limit:
        yield Finding(
            name,
            f"{number:.0f} {name} {window}, {window.per_hour(number):.2g} an hour; {limit:g} is the limit",
            hint=hint,
        )
