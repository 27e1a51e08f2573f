"""Statements that a session keeps prepared: parsing and planning them costs the server twice what running them does.

They are prepared in SQL, so that it works with any driver. A rollback leaves them; who discards what the session
holds, as some drivers do after a rollback, takes them along, so that the server is asked for them first. Where several
statements travel together they are taken to be there still, within a savepoint, which costs less than to ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from pytest_dbops.backends.postgresql.catalog.session_port import Queryable, answers_to, as_tuples
from pytest_dbops.backends.postgresql.catalog.versions import for_major
from pytest_dbops.core.frozen import frozen

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


@frozen
class SessionStatements:
    """The statements of one read; held: the names of those that the session has; major: of its server."""

    session: Preparing
    texts: Mapping[str, str]
    major: int
    held: set[str]

    @staticmethod
    def of(session: Preparing, texts: Mapping[str, str]) -> SessionStatements:
        """Ask the session what it holds of some texts, by name; those that take oids say ``$1`` for the array."""
        version, held = _asked(session)
        return SessionStatements(session, texts, version, held)

    def query_presumed(self, asked: Mapping[str, Collection[int] | None]) -> dict[str, Iterable[Sequence[Any]]]:
        """Return what `query_all` does, and find out by it whether the session still holds what it held."""
        names = [f"{_PREFIX}{name}" for name in asked]
        if self.held.issuperset(names):
            texts = [
                "SAVEPOINT dbops_catalog",
                *(f"EXECUTE {name}" for name in names),
                "RELEASE SAVEPOINT dbops_catalog",
            ]
            try:
                return dict(zip(asked, answers_to(self.session, texts)[1:-1], strict=True))
            except Exception:  # any driver's; what it has to say is said again below
                with suppress(Exception):
                    answers_to(self.session, ["ROLLBACK TO SAVEPOINT dbops_catalog", "RELEASE SAVEPOINT dbops_catalog"])
        self.held.clear()
        self.held.update(_asked(self.session)[1])
        return self.query_all(asked)

    def query(self, name: str, oids: Collection[int] | None = None) -> Iterable[Sequence[Any]]:
        """Run a statement and return its rows."""
        return as_tuples(self.session.query(self._execute(name, oids)))

    def query_all(self, asked: Mapping[str, Collection[int] | None]) -> dict[str, Iterable[Sequence[Any]]]:
        """Run statements in the order of their names and return the rows of each; in one round trip where that goes."""
        texts = [self._execute(name, oids) for name, oids in asked.items()]
        return dict(zip(asked, answers_to(self.session, texts), strict=True))

    def _execute(self, name: str, oids: Collection[int] | None) -> str:
        """Return what runs a statement, which is prepared if it is not yet."""
        prepared = f"{_PREFIX}{name}"
        if prepared not in self.held:
            parameters = "" if oids is None else "(oid[])"
            self.session.run(f"PREPARE {prepared}{parameters} AS {for_major(self.texts[name], self.major)}")
            self.held.add(prepared)
        given = "" if oids is None else f"('{{{','.join(map(str, sorted(oids)))}}}')"
        return f"EXECUTE {prepared}{given}"


def _asked(session: Preparing) -> tuple[int, set[str]]:
    """Return the major of the server, and the names of ours that the session holds."""
    ((version, held),) = as_tuples(session.query(_HELD))
    return int(version) // 10000, set(held)
