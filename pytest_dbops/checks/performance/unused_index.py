"""PRF002."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pytest_dbops.checks._runtime import RUNTIME_KINDS
from pytest_dbops.core.catalog import Catalog, Table, display_name, quoted_name
from pytest_dbops.core.check import Privilege, Settings, check
from pytest_dbops.core.counters import counting_since
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.providers import History
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes, render_duration

_DAY_S = 86_400


@check(
    "PRF002",
    category="performance",
    severity=Severity.WARNING,
    backends=("postgresql",),
    kinds=RUNTIME_KINDS,
    privilege=Privilege.MONITOR,
    settings={"least_days": 14, "least_bytes": 10_485_760, "replicas_serve_reads": True},
)
def unused_index(catalog: Catalog, statistics: Statistics, history: History, settings: Settings) -> Iterator[Finding]:
    """No statement has used an index for weeks.

    It costs every write, room, and time of vacuum. Never told of are indexes that do something else than answer
    statements (unique and exclusion constraints, replica identity, clustering), that are the only cover of a foreign
    key, that belong to an index of a partitioned table, or that are smaller than `least_bytes`. Scans are counted
    since the statistics were reset, or for as long as gates have watched them: for less than `least_days` there is no
    answer. Nor is there one while replicas are
    connected, because what they read is counted there and not here, unless `replicas_serve_reads` is false. On
    PostgreSQL 16 and newer an index that was used within `least_days` is in use, whatever the counters say.

    Ask whoever made it: a report that runs once a quarter may need it. Then drop it without blocking writers.
    """
    candidates = [row for row in statistics.rows("index_activity") if _is_idle(row, statistics, settings)]
    if not candidates:
        return
    since = _require_an_answer(statistics, history, settings)
    tables = {(table.schema, table.name): table for table in catalog.tables}
    for row in candidates:
        if not _covers_foreign_key(tables.get((row["schema"], row["table"])), row["name"]):
            yield _finding(row, since)


def _is_idle(row: Mapping[str, Any], statistics: Statistics, settings: Settings) -> bool:
    if row["has_other_use"] or row["bytes"] < settings.number("least_bytes"):
        return False
    if row["last_scan"] is not None:
        idle = datetime.fromisoformat(statistics.taken_at) - datetime.fromisoformat(row["last_scan"])
        return idle.total_seconds() > settings.number("least_days") * _DAY_S
    return bool(row["scans"] == 0)


def _require_an_answer(statistics: Statistics, history: History, settings: Settings) -> datetime:
    """Return since when scans are counted; raises CannotJudge when that says too little."""
    least_s = settings.number("least_days") * _DAY_S
    since = counting_since(statistics, history, "index_activity")
    if since is None:
        raise CannotJudge(
            "the server does not say since when it counts scans, and no gate has watched it yet (keep .dbops/history "
            f"between runs; {render_duration(least_s)} are needed to call an index unused)"
        )
    age_s = (datetime.fromisoformat(statistics.taken_at) - since).total_seconds()
    if age_s < least_s:
        raise CannotJudge(
            f"scans are counted for {render_duration(age_s)}; {render_duration(least_s)} are needed to call an index "
            "unused"
        )
    if settings.flag("replicas_serve_reads") and statistics.rows("replicas"):
        raise CannotJudge(
            "replicas are connected, and their scans are counted there only (judge them too, or write "
            "[checks.PRF002] replicas_serve_reads = false if nobody reads from them)"
        )
    return since


def _covers_foreign_key(table: Table | None, name: str) -> bool:
    """Tell whether a foreign key of the table would be left without an index."""
    if table is None:
        return False
    others = [index for index in table.indexes if index.name != name and index.is_valid and not index.predicate]
    mine = [index for index in table.indexes if index.name == name]
    return any(
        _begins_with(mine[0].columns, key.columns) and not any(_begins_with(o.columns, key.columns) for o in others)
        for key in table.foreign_keys
        if mine
    )


def _begins_with(columns: tuple[str | None, ...], key: tuple[str, ...]) -> bool:
    return set(columns[: len(key)]) == set(key)


def _finding(row: Mapping[str, Any], since: datetime) -> Finding:
    table = display_name(row["schema"], row["table"])
    used = f"was last used on {row['last_scan'][:10]}" if row["last_scan"] else f"was not used since {since:%Y-%m-%d}"
    return Finding(
        f"{table}.{row['name']}",
        f"index {row['name']!r} of {table!r} takes {render_bytes(row['bytes'])} and {used}",
        hint=f"DROP INDEX CONCURRENTLY {quoted_name(row['schema'], row['name'])};",
    )
