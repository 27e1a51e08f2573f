"""PRF015."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity

_PAGE_BYTES = 8192


@check(
    "PRF015",
    category="performance",
    severity=Severity.INFO,
    kinds=RUNTIME_KINDS,
    settings={"least_shared_buffers_bytes": 134_217_729, "most_random_page_cost": 3, "most_work_mem_bytes": 1 << 30},
)
def unusual_settings(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A setting is still at a default that suits no server of today, or past what is wise.

    Advice only. `shared_buffers` below `least_shared_buffers_bytes` is what a fresh installation has; a
    `random_page_cost` above `most_random_page_cost` is meant for rotating disks and keeps the planner from using
    indexes; a `work_mem` above `most_work_mem_bytes` can be taken many times over by one statement; statistics of
    waiting for the disk are off. On SQLite a file that is not in WAL mode blocks its readers while it is written.

    Change them where they do not fit the machine, or switch the check off.
    """
    if statistics.dialect == "sqlite":
        yield from _on_sqlite(statistics)
        return
    values = statistics.settings
    buffers = int(values["shared_buffers"]) * _PAGE_BYTES
    if buffers < settings.number("least_shared_buffers_bytes"):
        yield _advice("shared_buffers", f"shared_buffers is {buffers >> 20} MB", "a quarter of the memory is usual")
    if float(values["random_page_cost"]) > settings.number("most_random_page_cost"):
        shown = f"random_page_cost is {float(values['random_page_cost']):g}"
        yield _advice("random_page_cost", shown, "1.1 suits solid-state disks")
    work = int(values["work_mem"]) * 1024
    if work > settings.number("most_work_mem_bytes"):
        yield _advice("work_mem", f"work_mem is {work >> 20} MB for everybody", "set it for the roles that need it")
    if values["track_io_timing"] == "off":
        yield _advice("track_io_timing", "track_io_timing is off", "on tells which statements wait for the disk")


def _advice(name: str, found: str, why: str) -> Finding:
    return Finding(name, f"{found}; {why}", hint=f"ALTER SYSTEM SET {name} = <value>; SELECT pg_reload_conf();")


def _on_sqlite(statistics: Statistics) -> Iterator[Finding]:
    mode = statistics.settings["journal_mode"]
    if mode != "wal":
        yield Finding(
            "journal_mode",
            f"journal_mode is {mode!r}; in WAL mode readers and a writer do not block one another",
            hint="PRAGMA journal_mode = WAL;",
        )
