"""STO004."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.catalog import display_name, quoted_name
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes

_PAGE_HEADER_BYTES = 24
_ROW_HEADER_BYTES = 23
_LINE_POINTER_BYTES = 4
_ALIGNMENT_BYTES = 8


@check(
    "STO004",
    category="storage",
    severity=Severity.WARNING,
    kinds=RUNTIME_KINDS,
    privilege=Privilege.SELECT,
    settings={
        "warn_percent": 40,
        "warn_bytes": 104_857_600,
        "fail_percent": 60,
        "fail_bytes": 1_073_741_824,
    },
)
def bloated_table(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """Much of a table, or of a SQLite file, is empty.

    Scans read it, memory caches it, and backups of files copy it. On PostgreSQL the share is estimated from the width
    of rows in the planner's statistics, so a table that is not analysed, or that the role may not read, has no answer
    once it is big enough to matter; on SQLite it is the list of free pages. Told of is a share of `warn_percent` that
    is `warn_bytes` or more, or of `fail_percent` and `fail_bytes`.

    Measure it before anything is rewritten: `pgstattuple_approx`. Then VACUUM FULL in a window (nobody can read the
    table meanwhile) or pg_repack; on SQLite VACUUM.
    """
    if statistics.dialect == "sqlite":
        yield from _of_file(statistics, settings)
        return
    unknown: list[str] = []
    for row in statistics.rows("fill"):
        taken = row["pages"] * row["page_bytes"]
        if taken < settings.number("warn_bytes"):
            continue
        if row["known"] < row["columns"] or row["rows"] < 0:
            unknown.append(display_name(row["schema"], row["name"]))
            continue
        empty = max(0, row["pages"] - _pages_needed(row)) * row["page_bytes"]
        name = quoted_name(row["schema"], row["name"])
        yield from _judged(
            display_name(row["schema"], row["name"]), taken, empty, settings,
            hint=f"measure it by pgstattuple_approx; then pg_repack, or in a window: VACUUM FULL {name};",
        )  # fmt: skip
    if unknown:
        raise MissingPrivilege(
            f"statistics of {len(unknown)} big table(s) are not there or hidden, {unknown[0]!r} among them (run: "
            f"ANALYZE {unknown[0]}; GRANT SELECT ON {unknown[0]} TO the gate's role)"
        )


def _pages_needed(row: Mapping[str, Any]) -> int:
    """Return the pages that these rows take when they are packed as the fill factor says."""
    bitmap = (row["columns"] + 7) // 8 if row["null_share"] else 0
    header = _aligned(_ROW_HEADER_BYTES + bitmap)
    row_bytes: int = _aligned(header + math.ceil(row["width"] or 0)) + _LINE_POINTER_BYTES
    options = dict(option.split("=", 1) for option in row["options"] or ())
    room: float = (row["page_bytes"] - _PAGE_HEADER_BYTES) * int(options.get("fillfactor", "100")) / 100
    rows: int = row["rows"]
    return math.ceil(rows * row_bytes / room)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES


def _of_file(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    pages, free = int(statistics.settings["page_count"]), int(statistics.settings["freelist_count"])
    size = int(statistics.settings["page_size"])
    (database,) = statistics.rows("database_size")
    yield from _judged(database["name"], pages * size, free * size, settings, hint="VACUUM;")


def _judged(subject: str, taken: int, empty: int, settings: Settings, *, hint: str) -> Iterator[Finding]:
    percent = 100 * empty / taken if taken else 0
    for severity, word in ((Severity.ERROR, "fail"), (Severity.WARNING, "warn")):
        limit = settings.number(f"{word}_percent")
        if percent >= limit and empty >= settings.number(f"{word}_bytes"):
            yield Finding(
                subject,
                f"about {render_bytes(empty)} of the {render_bytes(taken)} of {subject!r} are empty "
                f"({percent:.0f} %); {limit:g} % is the limit",
                hint=hint,
                severity=severity,
            )
            return
