"""One entry of an audit trail, as both products keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_dbops.core.frozen import frozen

COLUMNS = (
    "id", "tenant", "at", "transaction_id", "actor", "request", "role", "table_schema", "table_name", "operation",
    "row_key", "changed", "salt",
)  # fmt: skip
"""In the order of the format; `at` as text, see docs/audit-format.md."""


@frozen
class Entry:
    """What one statement did to one row.

    at: UTC with microseconds, `2026-11-29T21:44:56.000000Z`. transaction_id: PostgreSQL's, None on SQLite.
    row_key: the primary key as JSON text; changed: `{"old": {...}, "new": {...}}` as JSON text, None once erased.
    salt: 16 random bytes that keep the commitment from being guessed at; erased together with `changed`.
    """

    id: int
    tenant: str
    at: str
    transaction_id: int | None
    actor: str | None
    request: str | None
    role: str | None
    table_schema: str
    table_name: str
    operation: str
    row_key: str | None
    changed: str | None
    salt: bytes | None


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Return an entry as a row of any driver has it."""
    values = {name: row[name] for name in COLUMNS}
    values["salt"] = None if values["salt"] is None else bytes(values["salt"])
    return Entry(**values)
