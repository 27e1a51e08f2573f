"""The chain of hashes through the audit log: how an entry is sealed, and how SQLite's are sealed late."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

ENTRIES_AT_ONCE = 5000

GENESIS = bytes(32)
"""What the first entry of an organization is chained to."""

_UNSEALED = text(
    "SELECT org_id, id, at, actor_id, actor_kind, table_name, op, row_pk, changed "
    "FROM audit_log WHERE hash IS NULL ORDER BY org_id, id LIMIT :at_once"
)
_LAST = text("SELECT last_hash FROM audit_head WHERE org_id = :org_id")
_END = text(
    "INSERT INTO audit_head (org_id, last_id, last_hash) VALUES (:org_id, :id, :hash) "
    "ON CONFLICT (org_id) DO UPDATE SET last_id = excluded.last_id, last_hash = excluded.last_hash"
)
_SEAL = text("UPDATE audit_log SET prev_hash = :prev_hash, hash = :hash WHERE org_id = :org_id AND id = :id")


def entry_hash(previous: bytes, entry: Mapping[str, Any]) -> bytes:
    """Return the hash of one entry; `row_pk` and `changed` are JSON as the database words it.

    PostgreSQL computes the same in the trigger function `audit_statement`.
    """
    actor = "" if entry["actor_id"] is None else str(entry["actor_id"])
    words = (
        str(entry["org_id"]),
        str(entry["id"]),
        _moment(entry["at"]),
        actor,
        entry["actor_kind"],
        entry["table_name"],
        entry["op"],
        entry["row_pk"],
        entry["changed"],
    )
    return hashlib.sha256(previous + "|".join(words).encode()).digest()


def seal(connection: Connection) -> int:
    """Chain all entries that are not sealed yet and return how many; does nothing on PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return 0
    sealed = 0
    while done := _seal_some(connection):
        sealed += done
    return sealed


def _seal_some(connection: Connection) -> int:
    entries = connection.execute(_UNSEALED, {"at_once": ENTRIES_AT_ONCE}).mappings().all()
    previous: dict[int, bytes] = {}
    chained: list[dict[str, Any]] = []
    for entry in entries:
        org_id = entry["org_id"]
        if org_id not in previous:
            previous[org_id] = connection.scalar(_LAST, {"org_id": org_id}) or GENESIS
        made = entry_hash(previous[org_id], dict(entry))
        chained.append({"org_id": org_id, "id": entry["id"], "prev_hash": previous[org_id], "hash": made})
        previous[org_id] = made
    if chained:
        connection.execute(_SEAL, chained)
        connection.execute(_END, list({entry["org_id"]: entry for entry in chained}.values()))
    return len(chained)


def _moment(at: datetime | str) -> str:
    """Return a moment as SQLite stores it: UTC, with microseconds."""
    return at if isinstance(at, str) else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
