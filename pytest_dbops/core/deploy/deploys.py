"""What deploys a database has had, by its journal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from pytest_dbops.core.deploy.journal import BEGINS, Entry, Event
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.frozen import frozen


@frozen
class Deploy:
    """One deploy or rollback that began to change the database; `at` is ISO 8601 with its time zone.

    revisions: those it began with, in order; some may have failed and be rolled back.
    """

    name: str
    at: str
    actor: str
    revisions: tuple[str, ...]

    @property
    def began_at(self) -> datetime:
        """When it was begun, time zone aware."""
        return datetime.fromisoformat(self.at)


@frozen
class Deploys:
    """All of them, oldest first; none where the journal has none, or where there is no journal."""

    deploys: tuple[Deploy, ...] = ()


def deploys_of(entries: Iterable[Entry]) -> Deploys:
    """Return the deploys that began to change something, given the entries oldest first.

    Raises CannotJudge for a moment that cannot be read.
    """
    begun: dict[str, Entry] = {}
    changed: dict[str, list[str]] = {}
    for entry in entries:
        if entry.event is Event.DEPLOY:
            begun[entry.deploy] = entry
        elif entry.event in BEGINS:
            changed.setdefault(entry.deploy, []).append(entry.revision)
    return Deploys(
        tuple(
            Deploy(name, _aware(first.at), first.actor, tuple(changed[name]))
            for name, first in begun.items()
            if name in changed
        )
    )


def _aware(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CannotJudge(f"the journal says that a deploy began at {text!r}, which is no moment in ISO 8601") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
