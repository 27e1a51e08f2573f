"""PRF019."""

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
    "PRF019",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"least_percent": 95, "fewest_reads_per_hour": 10_000},
)
def slru_misses(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """The server's small caches of transaction states miss too often.

    They hold which transactions have committed, which rows are locked by several (multixacts), and what belongs to
    which savepoint. When they miss, every session waits on the same few locks, and the whole server seems to stand
    still without a slow statement. Judged is the share found in each cache between the last run and now
    (`least_percent`), where at least `fewest_reads_per_hour` were missing an hour.

    Use fewer savepoints in a transaction, and fewer foreign keys to one hot row; on PostgreSQL 17 and newer raise
    the cache's own setting (`subtransaction_buffers`, `multixact_offset_buffers`, ...).
    """
    window = window_of(statistics, history, "slru_counters")
    for name in window.rows():
        hits, reads = window.grown("hits", name), window.grown("reads", name)
        if not reads or window.per_hour(reads) < settings.number("fewest_reads_per_hour"):
            continue
        percent = 100 * hits / (hits + reads)
        if percent < settings.number("least_percent"):
            yield Finding(
                name,
                f"{percent:.1f} % of {hits + reads:.0f} lookups were found in cache {name!r} {window}; "
                f"{settings.number('least_percent'):g} % is the least",
                hint="use fewer savepoints a transaction; on PostgreSQL 17 and newer raise the cache's own setting",
            )
