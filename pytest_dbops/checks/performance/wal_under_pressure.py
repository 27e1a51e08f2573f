"""PRF011."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.counters import window_of
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_PAGE_BYTES = 8192


@check(
    "PRF011",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    settings={"buffers_full_per_second": 1, "page_image_percent": 60, "least_bytes_per_hour": 104_857_600},
)
def wal_under_pressure(statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """The buffers of the WAL are full, or most of the WAL is copies of whole pages.

    When the buffers are full, a statement must write them out itself before it goes on (`buffers_full_per_second`).
    Copies of whole pages are written after each checkpoint for every page that changes; where they are most of the
    WAL (`page_image_percent`), checkpoints are too frequent, or keys are random (UUIDs) and touch every page. Less
    WAL than `least_bytes_per_hour` is not judged. Counted is what happened between the last run and now.

    Raise `wal_buffers`; raise `max_wal_size` and `checkpoint_timeout`, set `wal_compression`.
    """
    window = window_of(statistics, history, "wal_counters")
    written = window.grown("bytes")
    if window.per_hour(written) < settings.number("least_bytes_per_hour"):
        return
    full, limit = window.grown("buffers_full") / window.seconds, settings.number("buffers_full_per_second")
    if full > limit:
        yield Finding(
            "wal_buffers",
            f"the buffers of the WAL were full {full:.1f} times a second {window}; {limit:g} is the limit",
            hint="raise wal_buffers, and restart",
        )
    # With wal_compression an image takes less than its page, so this share is a ceiling.
    images = min(100.0, 100 * window.grown("page_images") * _PAGE_BYTES / written)
    is_compressed = statistics.settings.get("wal_compression", "off") != "off"
    if images > settings.number("page_image_percent") and not is_compressed:
        yield Finding(
            "max_wal_size",
            f"copies of whole pages are {images:.0f} % of the WAL {window}; "
            f"{settings.number('page_image_percent'):g} % is the limit",
            hint="raise max_wal_size and checkpoint_timeout, set wal_compression = 'pglz' or better",
        )
