"""Read old rows of a SQLite table, and delete those that were copied and are unchanged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from pytest_dbops.core.maintenance.archive import CopiedRow, Key, OldRows

_MOST_VALUES = 900
"""SQLite takes 999 parameters in the least of its builds (SQLITE_MAX_VARIABLE_NUMBER)."""


def read_old(connection: sqlite3.Connection, old: OldRows, after: Key | None, limit: int) -> list[CopiedRow]:
    """Return at most `limit` old rows in the order of their key."""
    at, keys = _quoted(old.rule.column), ", ".join(map(_quoted, old.key))
    further = f" AND ({keys}) > ({', '.join('?' * len(old.key))})" if after is not None else ""
    rows = connection.execute(
        f"SELECT {_columns(old)} FROM {_quoted(old.table)} WHERE typeof({at}) = 'text' AND {at} < ?{further}"  # noqa: S608
        f" ORDER BY {keys} LIMIT {limit:d}",
        [old.cutoff, *(after or ())],
    )
    return [_copied(old, row) for row in rows.fetchall()]


def delete_old(connection: sqlite3.Connection, old: OldRows, copied: Sequence[CopiedRow]) -> int:
    """Delete the copied rows that are what they were; call it within a transaction that holds the write lock."""
    keys = ", ".join(map(_quoted, old.key))
    place = "(" + ", ".join("?" * len(old.key)) + ")"
    texts, deleted, some = {row.key: row.text for row in copied}, 0, max(1, _MOST_VALUES // len(old.key))
    for start in range(0, len(copied), some):
        wanted = [row.key for row in copied[start : start + some]]
        values = [part for key in wanted for part in key]
        condition = f"({keys}) IN (VALUES {', '.join([place] * len(wanted))})"
        now = connection.execute(
            f"SELECT {_columns(old)} FROM {_quoted(old.table)} WHERE {condition}",  # noqa: S608  # quoted names
            values,
        ).fetchall()
        same = [row.key for row in (_copied(old, each) for each in now) if texts[row.key] == row.text]
        for key in same:
            each = " AND ".join(f"{_quoted(name)} IS ?" for name in old.key)
            connection.execute(f"DELETE FROM {_quoted(old.table)} WHERE {each}", key)  # noqa: S608  # as above
        deleted += len(same)
    return deleted


def _columns(old: OldRows) -> str:
    return ", ".join(map(_quoted, (*old.key, *old.columns)))


def _copied(old: OldRows, row: Sequence[Any]) -> CopiedRow:
    values = dict(zip(old.columns, map(_told, row[len(old.key) :]), strict=True))
    return CopiedRow(tuple(row[: len(old.key)]), json.dumps(values, ensure_ascii=False))


def _told(value: object) -> object:
    """Return a value as JSON has it; bytes are told from texts."""
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
