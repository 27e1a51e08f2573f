"""Who is in the way of the project's connection while a revision runs; afterwards nobody could tell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from pytest_dbops.migrating.deploying.beside import APPLICATION
from pytest_dbops.migrating.urls import own_url

if TYPE_CHECKING:
    from sqlalchemy import Engine

_POLL_S = 0.1
_BLOCKING = """
SELECT a.pid, a.usename, a.application_name, a.state,
       CAST(extract(epoch FROM clock_timestamp() - a.xact_start) AS integer)
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid = ANY (pg_catalog.pg_blocking_pids(%(pid)s))
ORDER BY a.xact_start
"""


@dataclass(slots=True)
class Blockers:
    """What was seen last; `pid` is the project's server process, None while there is none to watch."""

    pid: int | None = None
    seen: str = ""
    _stop: Event = field(default_factory=Event)

    def forget(self) -> None:
        """Forget what was seen, before the next attempt."""
        self.seen = ""


@contextmanager
def watch_blockers(url: str) -> Iterator[Blockers]:
    """Watch from a connection of our own, in a thread, for as long as the block lasts; on SQLite there are none."""
    found = Blockers()
    if not url.startswith("postgresql"):
        yield found
        return
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        own_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT",
        connect_args={"application_name": f"{APPLICATION} watch"},
    )  # fmt: skip
    thread = Thread(target=_watch, args=(engine, found), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found._stop.set()
        thread.join()


def _watch(engine: Engine, found: Blockers) -> None:
    # Without it a refusal names nobody; it is no reason to stop a deploy.
    with suppress(Exception), engine.connect() as connection:
        while not found._stop.wait(_POLL_S):
            if found.pid is None:
                continue
            row = connection.exec_driver_sql(_BLOCKING, {"pid": found.pid}).first()
            if row is not None:
                since = f" for {row[4]} s" if row[4] is not None else ""
                name = f" ({row[2]})" if row[2] else ""
                found.seen = f"session {row[0]} of role {row[1]!r}{name}, {row[3]}{since}"
