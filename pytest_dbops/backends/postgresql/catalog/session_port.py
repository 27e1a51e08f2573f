"""The little the reader needs of a connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class Queryable(Protocol):
    """Anything that runs one reading statement: a gate's session, or a wrapper of a user's connection."""

    def query(self, sql: str) -> Sequence[Mapping[str, Any]] | Sequence[Sequence[Any]]:
        """Run one statement and return its rows, as mappings in column order or as plain sequences.

        Called 12 times a catalog, always in the same order, all in one transaction. What it raises
        passes through; nothing is retried.
        """


def as_tuples(rows: Iterable[Any]) -> Iterable[Sequence[Any]]:
    """Return rows as sequences of values in column order, whichever of the two forms they have."""
    rows = list(rows)
    if rows and isinstance(rows[0], Mapping):
        return [tuple(row.values()) for row in rows]
    return rows
