"""The little the reader needs of a connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable


class Queryable(Protocol):
    """Anything that runs one reading statement: a gate's session, or a wrapper of a user's connection."""

    def query(self, sql: str) -> Sequence[Mapping[str, Any]] | Sequence[Sequence[Any]]:
        """Run one statement and return its rows, as mappings in column order or as plain sequences.

        Called 12 times a catalog, always in the same order, all in one transaction. What it raises
        passes through; nothing is retried.
        """


@runtime_checkable
class Pipelined(Protocol):
    """A session that takes several statements in one round trip: a gate's."""

    def query_all(self, statements: Sequence[str]) -> Sequence[Sequence[Sequence[Any]]]:
        """Run statements one after another and return the rows of each; once a catalog. Raises as `query` does."""


def sends_together(session: Queryable) -> bool:
    """Tell whether a session says that several statements are one round trip, in a transaction (`sends_together`)."""
    return bool(getattr(session, "sends_together", False))


def answers_to(session: Queryable, statements: Sequence[str]) -> list[Iterable[Sequence[Any]]]:
    """Return the rows of each statement as tuples; in one round trip, where the session can do that."""
    if isinstance(session, Pipelined):
        return list(session.query_all(statements))
    return [as_tuples(session.query(statement)) for statement in statements]


def as_tuples(rows: Iterable[Any]) -> Iterable[Sequence[Any]]:
    """Return rows as sequences of values in column order, whichever of the two forms they have."""
    rows = list(rows)
    if rows and isinstance(rows[0], Mapping):
        return [tuple(row.values()) for row in rows]
    return rows
