"""Statements that a session keeps prepared: parsing and planning them costs the server twice what running them does.

They are prepared in SQL, so that it works with any driver. A rollback leaves them; who discards what the session
holds, as some drivers do after a rollback, takes them along, so that the server is asked for them first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pytest_dbops.backends.postgresql.catalog.session_port import Queryable, as_tuples
from pytest_dbops.backends.postgresql.catalog.versions import for_major

_PREFIX = "dbops_catalog_"
_HELD = f"""
SELECT
  pg_catalog.current_setting('server_version_num') AS version,
  ARRAY(
    SELECT CAST(p.name AS pg_catalog.text)
    FROM pg_catalog.pg_prepared_statements p
    WHERE pg_catalog.starts_with(p.name, '{_PREFIX}')
  ) AS held
"""  # noqa: S608  # a constant


class Preparing(Queryable, Protocol):
    """A connection that stays the same session from one statement to the next."""

    def run(self, sql: str) -> object:
        """Run one statement that returns no rows; called once a session and statement to prepare it."""


@dataclass(frozen=True, slots=True)
class SessionStatements:
    """The statements of one read; held: the names of those that the session has; major: of its server."""

    session: Preparing
    texts: Mapping[str, str]
    major: int
    held: set[str]

    @staticmethod
    def of(session: Preparing, texts: Mapping[str, str]) -> SessionStatements:
        """Ask the session what it holds of some texts, by name; those that take oids say ``$1`` for the array."""
        ((version, held),) = as_tuples(session.query(_HELD))
        return SessionStatements(session, texts, int(version) // 10000, set(held))

    def query(self, name: str, oids: Collection[int] | None = None) -> Iterable[Sequence[Any]]:
        """Run a statement and return its rows."""
        prepared = f"{_PREFIX}{name}"
        if prepared not in self.held:
            parameters = "" if oids is None else "(oid[])"
            self.session.run(f"PREPARE {prepared}{parameters} AS {for_major(self.texts[name], self.major)}")
            self.held.add(prepared)
        given = "" if oids is None else f"('{{{','.join(map(str, sorted(oids)))}}}')"
        return as_tuples(self.session.query(f"EXECUTE {prepared}{given}"))
