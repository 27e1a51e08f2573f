"""Read the journal of deploys through a session that only reads; most databases have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_dbops.core.deploy.journal import Entry, Event, kept
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.history import Revision
from pytest_dbops.core.session import Session
from pytest_dbops.migrating.kept_source import KeptSource, kept_digest

_EXISTS = {
    "postgresql": "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'dbops' AND c.relname = 'journal'",
    "sqlite": "SELECT 1 FROM sqlite_schema WHERE name = 'dbops_journal'",
}
_ROWS = {
    "postgresql": "SELECT deploy, event, revision, actor, reason, detail, source, beside, CAST(at AS text) AS at"
    " FROM dbops.journal ORDER BY id",
    "sqlite": "SELECT deploy, event, revision, actor, reason, detail, source, beside, at"
    " FROM dbops_journal ORDER BY id",
}


def read_journal(session: Session) -> tuple[Entry, ...]:
    """Return all entries, oldest first; none where nothing was ever deployed.

    Raises MissingPrivilege when the role may not read them.
    """
    if not session.query(_EXISTS[session.dialect]):
        return ()
    return tuple(
        Entry(event=Event(row["event"]), **{name: str(value) for name, value in row.items() if name != "event"})
        for row in session.query(_ROWS[session.dialect])
    )


def changed_revisions(
    entries: Sequence[Entry], revisions: Sequence[Revision], applied: frozenset[str]
) -> Mapping[str, Entry]:
    """Return the applied revisions that do something else than what was deployed, with the entry of that deploy.

    Syntax trees are compared under this interpreter: comments, formatting and docstrings are none of them.
    Raises CannotJudge when a kept source cannot be read by it.
    """
    digests = {revision.id: revision.digest for revision in revisions}
    return {
        name: entry
        for name, entry in kept(entries, applied).items()
        if name in digests and _digest(entry) != digests[name]
    }


def _digest(entry: Entry) -> str:
    try:
        return kept_digest(KeptSource(entry.source, entry.beside))
    except CannotJudge as err:
        raise CannotJudge(f"revision {entry.revision}, deployed at {entry.at}: {err}") from err
