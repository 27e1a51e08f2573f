"""PRF001."""

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
    "PRF001",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"warn_percent": 95, "fail_percent": 90, "fewest_reads_per_hour": 100_000},
)
def low_buffer_hit_ratio(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """Too many pages are not found in the server's memory.

    Each miss goes to the operating system, and often to the disk: statements that were fast grow slow with the data.
    Judged is the share of pages of this database that were found in shared buffers between the last run and now
    (`warn_percent`, `fail_percent` are the least), and only where at least `fewest_reads_per_hour` pages were
    missing an hour, since an idle database and a nightly dump say nothing.

    Look for scans of whole tables first (PRF003), then raise `shared_buffers`, up to a quarter of the memory.
    """
    window = window_of(statistics, history, "database_counters")
    hits, reads = window.grown("blks_hit"), window.grown("blks_read")
    if window.per_hour(reads) < settings.number("fewest_reads_per_hour"):
        return
    percent = 100 * hits / (hits + reads)
    warn, fail = settings.number("warn_percent"), settings.number("fail_percent")
    if percent < warn:
        yield Finding(
            "shared_buffers",
            f"{percent:.1f} % of {hits + reads:.0f} pages were found in shared buffers {window}; "
            f"{fail if percent < fail else warn:g} % is the limit",
            hint=f"see PRF003, then raise shared_buffers (now {statistics.settings.get('shared_buffers', '?')} pages)",
            severity=Severity.ERROR if percent < fail else Severity.WARNING,
        )
