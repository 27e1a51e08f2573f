"""Read old rows of a PostgreSQL table, and delete those that were copied and are unchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pytest_dbops.core.maintenance.archive import CopiedRow, Key, OldRows

Query = Callable[[str, Sequence[object]], Sequence[Sequence[Any]]]


def read_old(query: Query, old: OldRows, after: Key | None, limit: int) -> list[CopiedRow]:
    """Return at most `limit` old rows in the order of their key."""
    keys = [_quoted(name) for name in old.key]
    places = ", ".join(f"CAST(%s AS {each})" for each in old.key_types)
    further = f" AND ({', '.join(f't.{key}' for key in keys)}) > ({places})" if after is not None else ""
    rows = query(
        f"SELECT {_row(keys)} FROM {_table(old)} AS t"  # noqa: S608  # quoted names, and types as the server wrote them
        f" WHERE t.{_quoted(old.rule.column)} < CAST(%s AS {old.type}){further}"
        f" ORDER BY {', '.join(f't.{key}' for key in keys)} LIMIT {limit:d}",
        [f"{old.cutoff} 00:00:00+00", *(after or ())],
    )
    return [_copied(row) for row in rows]


def delete_old(query: Query, old: OldRows, copied: Sequence[CopiedRow]) -> int:
    """Lock the copied rows, and delete those that are what they were; call it within a transaction."""
    keys = [_quoted(name) for name in old.key]
    columns = ", ".join(f"t.{key}" for key in keys)
    places = "(" + ", ".join(f"CAST(%s AS {each})" for each in old.key_types) + ")"
    values = [part for row in copied for part in row.key]
    now = query(
        f"SELECT {_row(keys)} FROM {_table(old)} AS t"  # noqa: S608  # as above
        f" WHERE ({columns}) IN ({', '.join([places] * len(copied))}) FOR UPDATE",
        values,
    )
    texts = {row.key: row.text for row in copied}
    same = [row.key for row in map(_copied, now) if texts[row.key] == row.text]
    if same:
        query(
            f"DELETE FROM {_table(old)} AS t WHERE ({columns}) IN ({', '.join([places] * len(same))})",  # noqa: S608
            [part for key in same for part in key],
        )
    return len(same)


def _row(keys: Sequence[str]) -> str:
    return ", ".join([*(f"CAST(t.{key} AS text)" for key in keys), "CAST(pg_catalog.to_jsonb(t) AS text)"])


def _copied(row: Sequence[Any]) -> CopiedRow:
    *key, text = row
    return CopiedRow(tuple(key), text)


def _table(old: OldRows) -> str:
    return f"{_quoted(old.schema)}.{_quoted(old.table)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'
