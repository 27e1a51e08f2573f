"""Walk a history within one run of env.py; runs in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.walk import Depth, Rows
from pytest_dbops.migrating.config import alembic_config
from pytest_dbops.migrating.env_run import run_env
from pytest_dbops.migrating.failures import failure_of, one_line
from pytest_dbops.migrating.upgrade import revisions_before
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.migrating.walking.environment import watched_environment
from pytest_dbops.migrating.walking.means import Means
from pytest_dbops.migrating.walking.plan import make_plan
from pytest_dbops.migrating.walking.walker import Ended, Listener, Walker
from pytest_dbops.migrating.walking.watch import observation_failure

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import TableClause


@frozen
class WalkOrder:
    """What one process of a walk is to do.

    location: the folder with env.py, or an alembic.ini; url: plain, of an empty scratch database (with the baseline
    in it, if there is one); root: the project's folder.
    baseline_before: the first revision to walk when a baseline was put in.
    judged, failed, remembered: revisions that earlier processes of this walk have dealt with (see `Plan`).
    only_up: whether nothing is taken back.
    present: those of the judged that are in the database already, which is not empty then.
    rows: over which rows to put in revisions that were refused over others; unobserved: those that broke observing.
    depth: what is asked of each revision.
    """

    location: Path
    url: str
    root: Path
    baseline_before: str = ""
    judged: Sequence[str] = ()
    present: Sequence[str] = ()
    failed: Sequence[str] = ()
    remembered: Sequence[str] = ()
    only_up: bool = False
    rows: Mapping[str, Rows] = field(default_factory=dict)
    unobserved: Mapping[str, str] = field(default_factory=dict)
    depth: Depth = Depth.FULL


def walk_history(order: WalkOrder, means: Means, listener: Listener) -> Ended:
    """Take every revision of the order that is not yet judged up, down and up again.

    Raises CannotJudge, one line, when the history cannot be walked at all; ConfigError when there is none.
    """
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = alembic_config(order.location, order.url, root=order.root)
    walker: Walker | None = None
    script: ScriptDirectory | None = None
    try:
        script = ScriptDirectory.from_config(config)
        plan = make_plan(
            script, judged=order.judged, failed=order.failed, remembered=order.remembered, present=order.present
        )
        if order.baseline_before:
            plan = plan.after(revisions_before(script, order.baseline_before))
        walker = Walker(
            script, plan, order.root, means, listener, order.rows, order.unobserved, order.only_up, order.depth
        )
        walker.tell_plan()
        environment = partial(watched_environment, config, script, walker.steps, walker.seen)
        with walker.watch.attached() if order.depth is Depth.FULL else nullcontext():
            run_env(config, script, environment, order.url, is_begun=lambda: walker.is_begun)
    except DbopsError as err:
        if walker is None or walker.running is None or not observation_failure(err):
            raise
        walker.fail(err)
    except CommandError as err:
        if walker is None or walker.running is None:
            raise CannotJudge(f"migrations in {str(order.location)!r}: {one_line(err)}") from err
        walker.fail(err)
    except (Exception, SystemExit) as err:  # a revision may raise anything; it is named, with its file
        if walker is None or walker.running is None:
            raise CannotJudge(failure_of(err, None, script, order.location, order.root)) from err
        walker.fail(err)
    ended = walker.ended()
    if walker.mark is not None and _is_in(order.url, walker.mark):
        raise CannotJudge(
            "env.py runs all migrations and commits none of them (wrap context.run_migrations() in: with"
            " context.begin_transaction(), and leave no transaction open before context.configure())"
        )
    return ended


def _is_in(url: str, mark: TableClause) -> bool:
    """Whether the rows that the walk took out are seen from outside: then nothing env.py does is ever final."""
    from sqlalchemy import create_engine, func, select
    from sqlalchemy.pool import NullPool

    with create_engine(own_url(url), poolclass=NullPool).connect() as connection:
        return bool(connection.scalar(select(func.count()).select_from(mark)))
