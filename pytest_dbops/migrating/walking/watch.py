"""Observe the one step of a revision that is as a deploy would run it: its first upgrade."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.observed import Observation, ObservationFailed, StatementObserver
from pytest_dbops.migrating.observing import ObservingHook
from pytest_dbops.migrating.walking.connection import WalkConnection

if TYPE_CHECKING:
    from alembic.script import Script

MakeObserver = Callable[[frozenset[str]], StatementObserver]
"""Makes the observer of a product, given the tables nobody wants to hear of."""


@dataclass(slots=True)
class Watch:
    """The hook on SQLAlchemy for the time of one run of env.py."""

    make_observer: MakeObserver
    hook: ObservingHook
    _has_observer: bool = False

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Listen to all engines; before env.py makes one, since a connection knows only who listened before it."""
        from sqlalchemy import Engine

        with self.hook.attached(Engine):
            yield

    def begin(self, revision: Script, connection: WalkConnection) -> None:
        """Observe what runs from here on."""
        if not self._has_observer:
            self.hook.use(self.make_observer(frozenset({connection.context.version_table})))
            self._has_observer = True
        self.hook.begin(revision.revision, source=Path(revision.path))

    def finish(self, connection: WalkConnection) -> tuple[Observation | None, str]:
        """Return what was observed, or nothing and why."""
        try:
            return self.hook.finish(connection.context.connection), ""
        except ObservationFailed as err:
            connection.rollback()
            return None, str(err)


def observation_failure(err: BaseException | None) -> str:
    """Return why observing broke, if that is what an error comes of; else nothing."""
    seen = 0
    while err is not None and seen < 20:
        if isinstance(err, ObservationFailed):
            return str(err)
        err, seen = err.__cause__ or err.__context__, seen + 1
    return ""
