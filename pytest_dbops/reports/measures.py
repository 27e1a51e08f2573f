"""What a database told of itself, as performance data that monitoring can draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_dbops.core.session import Statistics
from pytest_dbops.reports.nagios import Measure

_IDS = 2_147_483_648
"""Transaction ids there are before old ones have to be frozen (PostgreSQL manual, "Routine Vacuuming")."""


def measures_of(statistics: Statistics | None) -> tuple[Measure, ...]:
    """Return sizes, sessions and ages of one snapshot; a part that was not read, or only in part, is left out.

    They carry no limits: those are the checks', and the status is theirs.
    """
    return () if statistics is None else tuple(_measures(statistics))


def _measures(statistics: Statistics) -> Iterator[Measure]:
    for row in _whole(statistics, "database_size"):
        yield Measure("database_size", float(row["bytes"]), "B", minimum=0)
    if statistics.dialect == "sqlite":
        free = int(statistics.settings["freelist_count"]) * int(statistics.settings["page_size"])
        yield Measure("free_pages", float(free), "B", minimum=0)
        return
    clients = [row for row in _whole(statistics, "activity") if row["backend_type"] == "client backend"]
    if clients:
        most = float(statistics.settings["max_connections"])
        yield Measure("connections", float(len(clients)), minimum=0, maximum=most)
        oldest = max((row["transaction_s"] or 0.0 for row in clients if not row["is_own"]), default=0.0)
        yield Measure("oldest_transaction", round(oldest, 3), "s", minimum=0)
    for row in _whole(statistics, "ages"):
        if row["is_here"]:
            yield Measure("transaction_ids", round(100 * row["xid_age"] / _IDS, 2), "%", minimum=0, maximum=100)
    for row in _whole(statistics, "wal_files"):
        yield Measure("wal", float(row["bytes"]), "B", minimum=0)


def _whole(statistics: Statistics, part: str) -> Sequence[Mapping[str, Any]]:
    return () if part in statistics.unreadable else statistics.parts.get(part, ())
