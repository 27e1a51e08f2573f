"""CON017."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.threshold import render_bytes, render_duration


@check(
    "CON017",
    category="connectivity",
    severity=Severity.ERROR,
    backends=("postgresql",),
    settings={"inactive_s": 300, "fail_bytes": 10 << 30},
)
def stale_replication_slot(statistics: Statistics, settings: Settings) -> Iterator[Finding]:
    """A replication slot is unused, lost, or keeps too much WAL.

    A slot nobody reads keeps every WAL file from its position on until the disk is full and the server stops;
    a lost or invalidated one has already broken its replica, which must be built anew. An unused slot is a
    warning (from PostgreSQL 17 on once it was so for `inactive_s`), an error when it keeps more than
    `fail_bytes`. Temporary slots, and slots that are synchronised from a primary, are not judged.

    Start its consumer, or drop it with `pg_drop_replication_slot`; bound the loss with
    `max_slot_wal_keep_size` or, from PostgreSQL 18 on, `idle_replication_slot_timeout`.
    """
    for slot in statistics.rows("slots"):
        if not slot["temporary"] and not slot["is_synced"]:
            yield from _judged(slot, settings)


def _judged(slot: Mapping[str, Any], settings: Settings) -> Iterator[Finding]:
    name, limit = slot["name"], settings.number("fail_bytes")
    hint = f"SELECT pg_drop_replication_slot('{name}'); if its consumer is gone"
    retained = slot["retained_bytes"] or 0
    if reason := _lost_for(slot):
        yield Finding(name, f"{slot['kind']} slot {name!r} is lost ({reason})", hint=hint, identity="lost")
        return
    if retained > limit:
        message = f"{slot['kind']} slot {name!r} keeps {render_bytes(retained)} of WAL; the limit is"
        yield Finding(name, f"{message} {render_bytes(limit)}", hint=hint, identity="retained")
    elif not slot["active"] and (slot["inactive_s"] is None or slot["inactive_s"] >= settings.number("inactive_s")):
        since = "" if slot["inactive_s"] is None else f" for {render_duration(slot['inactive_s'])}"
        message = f"nobody reads {slot['kind']} slot {name!r}{since}; it keeps {render_bytes(retained)} of WAL"
        yield Finding(name, message, hint=hint, identity="inactive", severity=Severity.WARNING)


def _lost_for(slot: Mapping[str, Any]) -> str:
    if slot["invalidation_reason"]:
        return str(slot["invalidation_reason"])
    if slot["is_conflicting"]:
        return "conflict with recovery"
    return "its WAL is gone" if slot["wal_status"] == "lost" else ""
