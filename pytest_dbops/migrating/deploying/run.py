"""Run planned revisions on a database, one transaction each, as often as a lock makes it necessary."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pytest_dbops.core.deploy.journal import Entry, Event
from pytest_dbops.core.deploy.outcome import Fate, Limits
from pytest_dbops.core.errors import Blocked, CannotJudge, DbopsError, TimedOut
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.config import alembic_config
from pytest_dbops.migrating.deploying.beside import Beside, open_beside
from pytest_dbops.migrating.deploying.blockers import watch_blockers
from pytest_dbops.migrating.deploying.steps import Deploying
from pytest_dbops.migrating.env_run import run_env
from pytest_dbops.migrating.failures import kind_of, one_line, sqlstate_of
from pytest_dbops.migrating.walking.connection import CatalogReader
from pytest_dbops.migrating.walking.environment import watched_environment

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

# SQLSTATEs of what another session caused, and may not cause again (PostgreSQL manual, appendix A): a lock that was
# not to be had, a deadlock, a conflict of serializable transactions.
_OF_OTHERS = frozenset({"55P03", "40P01", "40001"})
_LONGEST_PAUSE_S = 10.0


@frozen
class DeployOrder:
    """What one process is to do.

    location: the folder with env.py, or an alembic.ini; url: plain; root: the project's folder.
    planned: revisions in the order of running. again: those in doubt that may run on what they left.
    overridden: names of refusals that were overridden, for `reason`. about: what is written of the deploy as a whole.
    first: SQL that is run under the lock before anything else.
    """

    location: Path
    url: str
    root: Path
    planned: Sequence[str]
    is_downgrade: bool
    deploy: str
    actor: str
    reason: str = ""
    overridden: Sequence[str] = ()
    again: Sequence[str] = ()
    about: str = ""
    first: str = ""
    limits: Limits = field(default_factory=Limits)


class Listener(Protocol):
    """Who is told what happens, as soon as it has."""

    def progress(self, text: str) -> None:
        """Something takes its time."""

    def done(self, revision: str, fate: Fate, duration_s: float, attempts: int) -> None:
        """A revision ended; attempts is 0 for one that was not begun."""


def deploy_revisions(order: DeployOrder, read: CatalogReader, listener: Listener) -> None:
    """Run the planned revisions that the database still lacks (of a downgrade: has), under the lock.

    Raises Blocked when a revision fails or the state of the database is in the way, TimedOut when somebody else is,
    CannotJudge when the lock was lost. What was done until then is done; the listener has been told of it.
    """
    config = alembic_config(order.location, order.url, root=order.root)
    script = _scripts(config, order.location)
    with open_beside(order.url) as beside, watch_blockers(order.url) as blockers:
        beside.acquire(order.limits.wait_s, listener.progress, first=order.first)
        _write_beginning(order, beside)
        deploying = Deploying(order, script, beside, blockers, read, listener)
        pauses = random.Random()
        while not _attempt(config, script, deploying):
            _refuse_or_pause(deploying, pauses)
        # All is done and written by now; a connection that was lost meanwhile takes nothing of it away.
        with suppress(Exception):
            beside.write(Entry(order.deploy, Event.ENDED, actor=order.actor))


def _scripts(config: Config, location: Path) -> ScriptDirectory:
    """Return the revisions, all imported; raises Blocked with the file that does not import."""
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    script: ScriptDirectory | None = None
    try:
        script = ScriptDirectory.from_config(config)
        list(script.walk_revisions())
    except CommandError as err:
        raise Blocked(f"migrations in {location.name!r}: {one_line(err)}") from err
    except (Exception, SystemExit) as err:
        file = _file_in(err, script.versions if script else str(location))
        raise Blocked(f"revision file {file} does not import: {kind_of(err)}: {one_line(err)}") from err
    return script


def _file_in(err: BaseException, folder: str) -> str:
    """Return file and line of the last frame within a folder."""
    import traceback

    frames = [each for each in traceback.extract_tb(err.__traceback__) if each.filename.startswith(folder)]
    if not frames and isinstance(err, SyntaxError) and err.filename:
        return f"{Path(err.filename).name}:{err.lineno}"
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "in it"


def _write_beginning(order: DeployOrder, beside: Beside) -> None:
    beside.write(Entry(order.deploy, Event.DEPLOY, actor=order.actor, reason=order.reason, detail=order.about))
    for name in order.overridden:
        beside.write(Entry(order.deploy, Event.OVERRIDDEN, actor=order.actor, reason=order.reason, detail=name))


def _attempt(config: Config, script: ScriptDirectory, deploying: Deploying) -> bool:
    """Run env.py once with what is left; tells whether all of it is done. What failed is in `deploying`."""
    from alembic.util import CommandError

    seen = deploying.begin_attempt()
    environment = partial(watched_environment, config, script, deploying.steps, seen)
    try:
        with deploying.listening():
            run_env(config, script, environment, deploying.order.url, is_begun=lambda: deploying.is_begun)
    except DbopsError as err:
        if deploying.running is None:
            raise
        deploying.fail(err)
    except CommandError as err:
        if deploying.running is None:
            raise Blocked(f"migrations in {deploying.order.location.name!r}: {one_line(err)}") from err
        deploying.fail(err)
    except (Exception, SystemExit) as err:  # env.py and revisions may raise anything
        if deploying.running is None:
            raise CannotJudge(f"env.py does not run: {kind_of(err)}: {one_line(err)}") from err
        deploying.fail(err)
    if deploying.running is not None:  # env.py kept what a revision raised to itself
        deploying.fail(deploying.error or CannotJudge("env.py ended while it ran"))
    if not deploying.is_begun:
        raise CannotJudge("env.py ended without running any migration (it has to call context.run_migrations())")
    return deploying.failure is None


def _refuse_or_pause(deploying: Deploying, pauses: random.Random) -> None:
    """Wait a little before the next attempt; raises what is to be said when there is none."""
    failure, limits = deploying.failure, deploying.order.limits
    assert failure is not None
    err, attempts = failure.error, failure.attempts
    if isinstance(err, DbopsError):
        raise err
    where = f"revision {failure.revision} ({failure.file}{f':{failure.line}' if failure.line else ''})"
    if sqlstate_of(err) not in _OF_OTHERS:
        what = "downgrade" if deploying.order.is_downgrade else "upgrade"
        left = "a part of it is final, look at it" if failure.is_partly_final else "it is rolled back"
        raise Blocked(f"{where} fails to {what}: {kind_of(err)}: {one_line(err)} ({left})") from err
    if attempts >= limits.attempts:
        tried = f"tried {attempts} {'time' if attempts == 1 else 'times'}, {limits.lock_s:g} s each, all rolled back"
        raise TimedOut(
            f"{where} is kept from a lock by {deploying.blockers.seen or 'a session that was not seen'}; {tried}"
            " (end that session, SELECT pg_terminate_backend(its number), or run it again when it is gone)"
        ) from err
    deploying.listener.progress(f"revision {failure.revision} waits for {deploying.blockers.seen or 'a lock'}")
    time.sleep(pauses.uniform(0, min(_LONGEST_PAUSE_S, limits.pause_s * 2 ** (attempts - 1))))
