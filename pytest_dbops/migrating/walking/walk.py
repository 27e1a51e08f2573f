"""Walk a history within one run of env.py; runs in a process of its own.

Alembic asks a generator for its steps and runs each before it asks for the next: between two of them the walk reads,
rehearses and judges, on the connection that env.py made.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError
from pytest_dbops.core.walk import Downgrade, Failure, Step, StepName, WalkedRevision
from pytest_dbops.migrating.config import alembic_config
from pytest_dbops.migrating.env_run import run_env
from pytest_dbops.migrating.failures import failure_of, one_line
from pytest_dbops.migrating.upgrade import revisions_before
from pytest_dbops.migrating.walking.connection import CatalogReader, WalkConnection
from pytest_dbops.migrating.walking.environment import Seen, watched_environment
from pytest_dbops.migrating.walking.plan import Plan, down_of, make_plan, needed_by
from pytest_dbops.migrating.walking.rehearsal import Copy, Taken, failure_of_step, rehearse
from pytest_dbops.migrating.walking.source import Source, read_source

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory

    from pytest_dbops.core.catalog import Catalog


@dataclass(frozen=True, slots=True)
class WalkOrder:
    """What one process of a walk is to do.

    location: the folder with env.py, or an alembic.ini; url: plain, of an empty scratch database (with the baseline
    in it, if there is one); root: the project's folder.
    baseline_before: the first revision to walk when a baseline was put in.
    judged, failed: revisions that earlier processes of this walk have dealt with.
    """

    location: Path
    url: str
    root: Path
    baseline_before: str = ""
    judged: Sequence[str] = ()
    failed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """How one process of a walk ended; is_complete: whether nothing is left that another one could judge."""

    heads: tuple[str, ...]
    server: str
    is_complete: bool


class Listener(Protocol):
    """Who is told what happens, as soon as it has."""

    def planned(self, history: tuple[WalkedRevision, ...]) -> None:
        """The history was read: all revisions that the walk is about, none of them judged."""

    def progress(self, text: str, revision: str) -> None:
        """A revision is begun."""

    def walked(self, revision: WalkedRevision) -> None:
        """A revision was judged."""


def walk_history(order: WalkOrder, read: CatalogReader, copy: Copy | None, listener: Listener) -> Ended:
    """Take every revision of the order that is not yet judged up, down and up again.

    Raises CannotJudge, one line, when the history cannot be walked at all; ConfigError when there is none.
    """
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = alembic_config(order.location, order.url, root=order.root)
    walker: _Walker | None = None
    script: ScriptDirectory | None = None
    try:
        script = ScriptDirectory.from_config(config)
        counted = revisions_before(script, order.baseline_before) if order.baseline_before else ()
        plan = make_plan(script, counted, judged=order.judged, failed=order.failed)
        walker = _Walker(script, plan, order.root, read, copy, listener)
        walker.tell_plan()
        environment = partial(watched_environment, config, script, walker.steps, walker.seen)
        run_env(config, script, environment, order.url, is_begun=lambda: walker.is_begun)
    except DbopsError:
        raise
    except CommandError as err:
        if walker is None or walker.running is None:
            raise CannotJudge(f"migrations in {str(order.location)!r}: {one_line(err)}") from err
        walker.fail(err)
    except (Exception, SystemExit) as err:  # a revision may raise anything; it is named, with its file
        if walker is None or walker.running is None:
            raise CannotJudge(failure_of(err, None, script, order.location)) from err
        walker.fail(err)
    return walker.ended()


@dataclass(slots=True)
class _Walker:
    """One walk while env.py runs; it is told what fails outside of it, by whoever called env.py."""

    script: ScriptDirectory
    plan: Plan
    root: Path
    read: CatalogReader
    copy: Copy | None
    listener: Listener
    seen: Seen = field(default_factory=Seen)
    is_begun: bool = False
    is_broken_off: bool = False
    running: Script | None = None
    server: str = ""
    judged: set[str] = field(default_factory=set)
    failed: str = ""
    _error: BaseException | None = None
    _started: float = 0.0

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        """Yield what alembic is to run; a second call, as of an env.py for several databases, only puts in."""
        is_first, self.is_begun = not self.is_begun, True
        self.server = _server_of(context)
        yield from self._stamps(heads)
        connection = WalkConnection(context, self.read, is_in_transaction=self.seen.is_in_transaction)
        before: Catalog | None = None
        for revision, is_judged in list(self.plan.steps()):
            if not (is_judged and is_first):
                yield from self._put_in(revision, connection)
                connection.close()
                continue
            if before is None:
                before = connection.snapshot()
                connection.close()
            before = yield from self._judge(revision, before, connection)
            if before is None:
                self.is_broken_off = True
                return

    def fail(self, err: BaseException) -> None:
        """Record that the revision that was running failed to upgrade."""
        assert self.running is not None
        revision, self.running = self.running, None
        if revision.revision in self.plan.judged:
            raise CannotJudge(failure_of(err, revision, self.script, Path(self.script.dir))) from err
        failure = failure_of_step(self._error or err, revision.path)
        step = Step(StepName.UPGRADE, time.perf_counter() - self._started, failure)
        self._tell(revision, read_source(Path(revision.path)), (step,), None)
        self.failed = revision.revision

    def ended(self) -> Ended:
        """Return how it ended, once env.py has."""
        if self.running is not None:  # env.py kept what a revision raised to itself
            self.fail(self._error or CannotJudge("env.py ended while it ran"))
        if not self.is_begun:
            raise CannotJudge("env.py ended without running any migration (it has to call context.run_migrations())")
        waiting = {each.revision for each in self.plan.reachable(self.failed)} - self.plan.judged - self.judged
        return Ended(tuple(sorted(self.script.get_heads())), self.server, is_complete=not waiting)

    def tell_plan(self) -> None:
        """Say which revisions the walk is about."""
        self.listener.planned(
            tuple(self._record(each, read_source(Path(each.path)), (), None) for each in self.plan.revisions)
        )

    def _stamps(self, heads: tuple[str, ...]) -> Iterator[Any]:
        from alembic.runtime.migration import StampStep

        counted = self.plan.counted
        if counted and heads and set(heads) != set(counted):
            raise ConfigError(
                f"[project] baseline is stamped {', '.join(heads)}, but first_revision follows {', '.join(counted)}"
                " (leave first_revision out, or the rows of the version table)"
            )
        for stamped in () if heads else counted:
            yield StampStep((), stamped, True, True, self.script.revision_map)

    def _put_in(self, revision: Script, connection: WalkConnection) -> Iterator[Any]:
        """Run the upgrade as alembic does, in its own transaction; what it raises is kept."""
        from alembic.runtime.migration import MigrationStep

        connection.forget_types()
        self.running, self._error, self._started = revision, None, time.perf_counter()
        step = MigrationStep.upgrade_from_script(self.script.revision_map, revision)
        step.migration_fn = self._keeping_errors(step.migration_fn)
        yield step
        self.running = None

    def _judge(
        self, revision: Script, before: Catalog, connection: WalkConnection
    ) -> Generator[Any, None, Catalog | None]:
        """Put a revision in and rehearse it; returns the schema it left, None when the walk has to start anew."""
        number = len(self.plan.judged) + len(self.judged) + 1
        self.listener.progress(
            f"rehearsing {number}/{len(self.plan.revisions)}: {revision.revision} {revision.doc}", revision.revision
        )
        yield from self._put_in(revision, connection)
        upgrade = Step(StepName.UPGRADE, time.perf_counter() - self._started)
        source = read_source(Path(revision.path))
        connection.close()
        if revision.revision not in connection.applied():
            self._tell(revision, source, (_unrecorded(upgrade, connection),), None)
            self.failed = revision.revision
            return None
        rehearsed = rehearse(self._taken(revision, source.downgrade, before), connection, self.copy)
        self._tell(revision, source, (upgrade, *rehearsed.steps), rehearsed.irreversible)
        return rehearsed.after if rehearsed.is_intact else None

    def _taken(self, revision: Script, written: Downgrade, before: Catalog) -> Taken:
        arguments = self.seen.run_arguments
        module = revision.module
        return Taken(
            revision.path, partial(module.upgrade, **arguments),
            partial(getattr(module, "downgrade", _nothing), **arguments), written, before,
        )  # fmt: skip

    def _tell(self, revision: Script, source: Source, steps: tuple[Step, ...], irreversible: str | None) -> None:
        self.judged.add(revision.revision)
        self.listener.walked(self._record(revision, source, steps, irreversible))

    def _record(
        self, revision: Script, source: Source, steps: tuple[Step, ...], irreversible: str | None
    ) -> WalkedRevision:
        return WalkedRevision(
            revision=revision.revision,
            down=down_of(revision),
            depends_on=needed_by(revision, self.script),
            title=(revision.doc or "").strip(),
            file=os.path.relpath(revision.path, self.root),
            line=source.line,
            downgrade=source.downgrade,
            downgrade_line=source.downgrade_line,
            steps=steps,
            irreversible=irreversible,
        )

    def _keeping_errors(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except BaseException as err:
                self._error = err
                raise

        return run


def _nothing(**_: object) -> None:
    """Stand for a downgrade that is not there."""


def _unrecorded(upgrade: Step, connection: WalkConnection) -> Step:
    table = connection.context.version_table
    message = f"it ran, but its row is not in {table!r} afterwards (does it commit or roll back by itself?)"
    return Step(upgrade.name, upgrade.duration_s, Failure("VersionRow", message))


def _server_of(context: MigrationContext) -> str:
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(context.dialect.name, context.dialect.name)
    version = getattr(context.dialect, "server_version_info", None) or ()
    return " ".join((name, ".".join(str(part) for part in version)))
