"""Steps for a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.maintenance.step import Step, kept_back, step_for
from pytest_dbops.core.maintenance.tasks import TASKS, WRITE_LOCK
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes
from pytest_dbops.operations.maintaining.looking import Seen

_NOTHING = "none is needed: no row changes"
_INCREMENTAL = "2"
_BATCH_PAGES, _MOST_BATCHES = 1_000, 200
_SAMPLE_ROWS = 1_000
_GROWN_TIMES = 25
"""By how much a table has to grow for `PRAGMA optimize` to analyse it anew (SQLite, "PRAGMA optimize", before 3.46)."""


def steps_of_file(seen: Seen) -> Iterator[Step]:
    """Yield the steps that answer what was found in a file."""
    files = {row["name"]: row["size_bytes"] for row in seen.statistics.rows("files")}
    for finding in seen.of("STO006"):
        yield step_for(
            TASKS["checkpoint"], finding, ["PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_checkpoint(TRUNCATE)"],
            rates=seen.rates, size_bytes=files.get(finding.subject, 0), rollback=_NOTHING,
            note="the first writes back without keeping anybody waiting, the second empties the file",
        )  # fmt: skip
    size = seen.statistics.rows("database_size")[0]["bytes"]
    for finding in seen.of("PRF008"):
        yield _analyzed(finding, seen, size)
    yield from _optimized(seen, size)
    for finding in seen.of("STO004"):
        yield _emptied(finding, seen)
    for finding in seen.of("INT002"):
        yield step_for(
            TASKS["rebuild_damaged_index"], finding, ["REINDEX"], rates=seen.rates, size_bytes=size, lock=WRITE_LOCK,
            rollback="none: work on a copy of the file",
        )  # fmt: skip


def _analyzed(finding: Finding, seen: Seen, size: int) -> Step:
    statements = [f"PRAGMA analysis_limit = {_SAMPLE_ROWS}", f"ANALYZE {sure_name(finding.subject)}"]
    return step_for(
        TASKS["analyze"], finding, statements, rates=seen.rates, size_bytes=min(size, 10 << 20), rollback=_NOTHING,
        lock=WRITE_LOCK, note=f"reads about {_SAMPLE_ROWS} rows of each index, so that writers wait for a moment only",
    )  # fmt: skip


def _optimized(seen: Seen, size: int) -> Iterator[Step]:
    """Yield PRAGMA optimize where tables are much bigger than when they were analysed."""
    now = {row["name"]: row["rows"] for row in seen.statistics.rows("tables")}
    then = {row["name"]: row["rows"] for row in seen.statistics.rows("analyzed")}
    grown = sorted(name for name, rows in then.items() if (now.get(name) or 0) > _GROWN_TIMES * max(rows or 0, 1))
    if grown:
        finding = Finding(
            seen.identity.database, f"{len(grown)} table(s) have grown more than {_GROWN_TIMES} times since they were"
            f" analysed, {grown[0]!r} among them", code=Code("PRF008"), severity=Severity.INFO, identity="optimize",
        )  # fmt: skip
        names = [f"ANALYZE {sure_name(name)}" for name in grown]
        yield step_for(
            TASKS["optimize"], finding, [f"PRAGMA analysis_limit = {_SAMPLE_ROWS}", *names, "PRAGMA optimize"],
            rates=seen.rates, size_bytes=min(size, 10 << 20), rollback=_NOTHING,
        )  # fmt: skip


def _emptied(finding: Finding, seen: Seen) -> Step:
    settings = seen.statistics.settings
    free, page = int(settings["freelist_count"]), int(settings["page_size"])
    if settings["auto_vacuum"] == _INCREMENTAL:
        batch = max(_BATCH_PAGES, -(-free // _MOST_BATCHES))
        batches = [f"PRAGMA incremental_vacuum({batch})"] * -(-free // batch)
        return step_for(
            TASKS["incremental_vacuum"], finding, batches, rates=seen.rates, size_bytes=free * page, rollback=_NOTHING,
            note=f"{batch} pages at a time: writers wait for one such batch at most",
        )  # fmt: skip
    size = _whole(seen.statistics)
    step = step_for(
        TASKS["rewrite_table"], finding, ["VACUUM"], rates=seen.rates, size_bytes=size,
        lock="the file's exclusive lock", rollback="none is needed: the old file stays until the new one is complete",
        note=f"it needs up to {render_bytes(2 * size)} of free room; auto_vacuum = incremental, set before it, lets "
        "free pages be given back later without it",
    )  # fmt: skip
    return kept_back(step, "nobody can write meanwhile: choose the moment")


def _whole(statistics: Statistics) -> int:
    return int(statistics.settings["page_count"]) * int(statistics.settings["page_size"])
