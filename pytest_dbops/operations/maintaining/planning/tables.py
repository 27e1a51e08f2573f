"""Steps for tables: dead rows, old rows, stale statistics, autovacuum, empty room."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.performance._tables import TableActivity, table_activity
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Table, display_name
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.maintenance.step import Place, Step, kept_back, step_for
from pytest_dbops.core.maintenance.tasks import TASKS
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.threshold import render_bytes, render_duration
from pytest_dbops.operations.maintaining.looking import Seen

_OLD_S = 60
_BIG_ROWS = 1_000_000
_EARLY = "0.02"
_NOTHING = "none is needed: no row changes"
_ANALYZE_PAGES = 30_000
"""ANALYZE reads at most 300 times the default statistics target in pages (PostgreSQL manual, "ANALYZE")."""

REWRITES = ((19, "REPACK (CONCURRENTLY) {table}", False), (14, "VACUUM (FULL, ANALYZE) {table}", True))
"""From which version on a table is written anew how, and whether readers wait meanwhile."""


def dead_rows(seen: Seen) -> Iterator[Step]:
    """Vacuum the tables whose dead rows autovacuum should have removed."""
    if not seen.of("PRF007"):
        return
    by_display = _activity(seen.statistics)
    note = _held_back(seen.statistics)
    # At its end VACUUM gives empty pages back under ACCESS EXCLUSIVE; on a standby, queries wait for that.
    how = "VACUUM (TRUNCATE FALSE)" if seen.statistics.parts.get("replicas") else "VACUUM"
    for finding in seen.of("PRF007"):
        table = by_display[finding.subject]
        yield step_for(
            TASKS["vacuum"], finding, [f"{how} {_sure(table)}"], rates=seen.rates, size_bytes=_size(seen, table),
            rollback="none is needed: rows that nobody can see are removed", note=note, place=_place(table),
        )  # fmt: skip


def old_rows(seen: Seen) -> Iterator[Step]:
    """Freeze what holds back the oldest transaction id of this database; others are seen from there."""
    if not seen.of("INT005"):
        return
    here = {row["name"] for row in seen.statistics.rows("ages") if row["is_here"]}
    (size,) = seen.statistics.rows("database_size")
    for finding in [each for each in seen.of("INT005") if each.subject in here][:1]:
        yield step_for(
            TASKS["freeze"], finding, ["VACUUM (FREEZE, INDEX_CLEANUP FALSE, TRUNCATE FALSE, SKIP_LOCKED)"],
            rates=seen.rates, size_bytes=size["bytes"], rollback=_NOTHING, note=_held_back(seen.statistics),
        )  # fmt: skip


def stale_statistics(seen: Seen) -> Iterator[Step]:
    """Analyse the tables of which the planner knows too little."""
    if not seen.of("PRF008"):
        return
    by_display = _activity(seen.statistics)
    page = int(seen.statistics.settings.get("block_size", "8192"))
    for finding in seen.of("PRF008"):
        table = by_display[finding.subject]
        yield step_for(
            TASKS["analyze"], finding, [f"ANALYZE {_sure(table)}"], rates=seen.rates,
            size_bytes=min(_size(seen, table), _ANALYZE_PAGES * page), rollback=_NOTHING, place=_place(table),
            lock=_gentle(),
        )  # fmt: skip


def autovacuum(seen: Seen) -> Iterator[Step]:
    """Switch autovacuum on where it is off, and let it come earlier for big tables."""
    tables = {table.display: table for table in seen.catalog.tables}
    for finding in seen.of("PRF009"):
        if finding.subject in tables:
            yield _switched_on(finding, tables[finding.subject], seen)
        elif finding.subject in ("autovacuum", "track_counts"):
            yield step_for(
                TASKS["switch_autovacuum_on"], finding,
                [f"ALTER SYSTEM SET {finding.subject} = on", "SELECT pg_catalog.pg_reload_conf()"], rates=seen.rates,
                rollback=f"ALTER SYSTEM RESET {finding.subject}; SELECT pg_catalog.pg_reload_conf();", lock="none",
            )  # fmt: skip
    by_display = _activity(seen.statistics) if seen.of("PRF007") else {}
    for finding in seen.of("PRF007"):
        table = by_display[finding.subject]
        if table.rows >= _BIG_ROWS and "autovacuum_vacuum_scale_factor" not in table.options:
            yield step_for(
                TASKS["tune_autovacuum"], finding,
                [f"ALTER TABLE {_sure(table)} SET (autovacuum_vacuum_scale_factor = {_EARLY})"], rates=seen.rates,
                rollback=f"ALTER TABLE {_sure(table)} RESET (autovacuum_vacuum_scale_factor);", place=_place(table),
                note=f"autovacuum then comes at {float(_EARLY):.0%} of dead rows",
            )  # fmt: skip


def bloated_tables(seen: Seen) -> Iterator[Step]:
    """Write tables anew that are mostly empty, by what the version knows."""
    if not seen.of("STO004"):
        return
    rows = {display_name(row["schema"], row["name"]): row for row in seen.statistics.rows("fill")}
    major = seen.identity.version[0]
    sql, blocks = next((sql, blocks) for since, sql, blocks in REWRITES if major >= since)
    for finding in seen.of("STO004"):
        row = rows[finding.subject]
        size = row["pages"] * row["page_bytes"]
        step = step_for(
            TASKS["rewrite_table"], finding, [sql.format(table=sure_name(row["schema"], row["name"]))],
            rates=seen.rates, size_bytes=size, is_blocking=blocks,
            rollback="none is needed: the old table stays until the new one is complete",
            note=f"it needs up to {render_bytes(size)} of free room; measure it before: pgstattuple_approx",
        )  # fmt: skip
        yield kept_back(step, "a rewrite is for a person to begin")


def _switched_on(finding: Finding, table: Table, seen: Seen) -> Step:
    name = sure_name(table.schema, table.name)
    before = next(each for each in table.options if each.startswith("autovacuum_enabled="))
    return step_for(
        TASKS["switch_autovacuum_on"], finding, [f"ALTER TABLE {name} RESET (autovacuum_enabled)"],
        rates=seen.rates, rollback=f"ALTER TABLE {name} SET ({before});",
        place=Place(table.schema, table.name),
    )  # fmt: skip


def _activity(statistics: Statistics) -> dict[str, TableActivity]:
    return {table.display: table for table in table_activity(statistics)}


def _place(table: TableActivity) -> Place:
    return Place(table.row["schema"], table.row["name"])


def _sure(table: TableActivity) -> str:
    return sure_name(table.row["schema"], table.row["name"])


def _size(seen: Seen, table: TableActivity) -> int:
    return seen.size_of(table.row["schema"], table.row["name"])


def _gentle() -> str:
    return TASKS["vacuum"].lock


def _held_back(statistics: Statistics) -> str:
    """Return which transaction keeps dead rows from being removed, in words; empty when none is old."""
    held = [
        row
        for row in statistics.parts.get("activity", ())
        if row["xmin_age"] is not None and not row["is_own"] and (row["transaction_s"] or 0) > _OLD_S
    ]
    if not held:
        return ""
    oldest = max(held, key=lambda row: (row["xmin_age"], row["transaction_s"]))
    return (
        f"session {oldest['pid']} has a transaction open for {render_duration(oldest['transaction_s'])}: "
        "rows that died since then stay"
    )
