"""PRF020."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check(
    "PRF020",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"sessions_per_second": 10},
)
def connection_churn(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """Connections are opened and closed all the time.

    Each one starts a process, which costs more than most statements; under load the server spends its time with
    that. Judged are the sessions a second of this database between the last run and now (`sessions_per_second`).

    Keep connections: a pool in the application, or PgBouncer in front of the server.
    """
    window = window_of(statistics, history, "database_counters")
    sessions = window.grown("sessions")
    limit = settings.number("sessions_per_second")
    if sessions / window.seconds > limit:
        yield Finding(
            "sessions",
            f"{sessions:.0f} sessions were opened {window}, {sessions / window.seconds:.1f} a second; "
            f"{limit:g} is the limit",
            hint="keep connections in a pool of the application, or put PgBouncer in front of the server",
        )
