"""The steps of a walk, and what is done between two of them.

Alembic asks a generator for its steps and runs each before it asks for the next: in between the walk reads, rehearses
and judges, on the connection that env.py made.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.walk import Downgrade, Failure, Step, StepName, WalkedRevision
from pytest_dbops.migrating.failures import failure_of, sqlstate_of, table_that_no_revision_makes, way_to_start_from
from pytest_dbops.migrating.walking.connection import CatalogReader, WalkConnection
from pytest_dbops.migrating.walking.environment import Seen
from pytest_dbops.migrating.walking.plan import Plan, down_of, needed_by
from pytest_dbops.migrating.walking.rehearsal import Copy, Taken, failure_of_step, rehearse
from pytest_dbops.migrating.walking.source import Source, read_source

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory
    from sqlalchemy import TableClause

    from pytest_dbops.core.catalog import Catalog

_DUPLICATE_OBJECT = "42710"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one process of a walk ended.

    is_complete: whether nothing is left that another one could judge.
    memory: the revision that failed for want of alembic's memory of types, and keeps others from being judged.
    """

    heads: tuple[str, ...]
    server: str
    is_complete: bool
    memory: str = ""


class Listener(Protocol):
    """Who is told what happens, as soon as it has."""

    def planned(self, history: tuple[WalkedRevision, ...], counted: tuple[str, ...]) -> None:
        """The history was read: all revisions that the walk is about, none of them judged, and the baseline's."""

    def progress(self, text: str, revision: str) -> None:
        """A revision is begun."""

    def begins(self, step: StepName) -> None:
        """A step of that revision is begun."""

    def walked(self, revision: WalkedRevision) -> None:
        """A revision was judged."""


@dataclass(slots=True)
class Walker:
    """One walk while env.py runs; it is told what fails outside of it, by whoever called env.py."""

    script: ScriptDirectory
    plan: Plan
    root: Path
    read: CatalogReader
    copy: Copy | None
    listener: Listener
    seen: Seen = field(default_factory=Seen)
    is_begun: bool = False
    mark: TableClause | None = None
    """The version table, emptied at the end in a transaction that env.py has to commit; None elsewhere."""
    running: Script | None = None
    server: str = ""
    judged: set[str] = field(default_factory=set)
    failed: str = ""
    memory: str = ""
    _error: BaseException | None = None
    _started: float = 0.0

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        """Yield what alembic is to run; a second call, as of an env.py for several databases, only puts in."""
        is_first, self.is_begun = not self.is_begun, True
        self.server = _server_of(context)
        self._count(heads)
        yield from self._stamps(heads)
        connection = WalkConnection(context, self.read, is_in_transaction=self.seen.is_in_transaction)
        before: Catalog | None = None
        for revision, is_judged in list(self.plan.steps()):
            if not (is_judged and is_first):
                yield from self._put_in(revision, connection)
                connection.close()
                continue
            if before is None:
                connection.begin()
                before = connection.snapshot()
                connection.commit()
            before = yield from self._judge(revision, before, connection)
            if before is None:
                return
        if self.seen.is_in_transaction:
            self.mark = connection.empty_version_table()

    def fail(self, err: BaseException) -> None:
        """Record that the revision that was running failed to upgrade."""
        assert self.running is not None
        revision, self.running = self.running, None
        if revision.revision in self.plan.remembered:
            self.failed = self.memory = revision.revision
            return
        if revision.revision in self.plan.judged:
            raise CannotJudge(failure_of(err, revision, self.script, Path(self.script.dir))) from err
        failure = failure_of_step(self._error or err, revision.path)
        if table_that_no_revision_makes(self._error or err, self.script):
            failure = replace(failure, hint=way_to_start_from(revision.revision))
        step = Step(StepName.UPGRADE, time.perf_counter() - self._started, failure)
        self._tell(revision, read_source(Path(revision.path)), (step,), None)
        self.failed = revision.revision
        if sqlstate_of(self._error or err) == _DUPLICATE_OBJECT:
            self.memory = revision.revision

    def ended(self) -> Ended:
        """Return how it ended, once env.py has."""
        if self.running is not None:  # env.py kept what a revision raised to itself
            self.fail(self._error or CannotJudge("env.py ended while it ran"))
        if not self.is_begun:
            raise CannotJudge("env.py ended without running any migration (it has to call context.run_migrations())")
        done = self.plan.judged | self.plan.remembered | self.judged
        waiting = {each.revision for each in self.plan.reachable(self.failed)} - done
        is_in_the_way = self.memory and {each.revision for each in self.plan.reachable()} - done - waiting
        heads = tuple(sorted(self.script.get_heads()))
        return Ended(heads, self.server, is_complete=not waiting, memory=self.memory if is_in_the_way else "")

    def tell_plan(self) -> None:
        """Say which revisions the walk is about."""
        self.listener.planned(
            tuple(self._record(each, read_source(Path(each.path)), (), None) for each in self.plan.revisions),
            self.plan.below,
        )

    def _count(self, heads: tuple[str, ...]) -> None:
        """Take what the baseline has stamped itself for applied, where no first revision is given."""
        if heads and not self.plan.counted:
            self.plan = self.plan.after(heads)
            self.tell_plan()

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

        if not (self.plan.remembered and revision.revision in self.plan.judged | self.plan.remembered):
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
        self.listener.begins(StepName.UPGRADE)
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
            partial(getattr(module, "downgrade", _nothing), **arguments), written, before, self.listener.begins,
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
            is_empty=source.is_empty,
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
