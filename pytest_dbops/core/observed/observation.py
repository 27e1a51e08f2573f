"""All statements of one revision in one direction, as they were observed."""

from __future__ import annotations

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed.statement import ObservedStatement


@frozen
class Moved:
    """A table that has another name after the revision than before it."""

    before: str
    after: str


@frozen
class Observation:
    """What a revision did, statement by statement, in the order they ran.

    created, dropped, moved: tables and materialized views after the revision, against those before it.
    wal_level: of the server; with `minimal` a rewrite writes next to no WAL, with `replica` all of it.
    own_ms: what observing cost; no time of a statement or a lock holds any of it.
    """

    revision: str
    direction: str = "upgrade"
    statements: tuple[ObservedStatement, ...] = ()
    created: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    wal_level: str = ""
    own_ms: float = 0.0
