"""The steps of a walk, and what is done between two of them.

Alembic asks a generator for its steps and runs each before it asks for the next: in between the walk reads, rehearses
and judges, on the connection that env.py made.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_dbops.core.errors import CannotJudge, ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.rehearsed import Coverage
from pytest_dbops.core.walk import Depth, Downgrade, Failure, MetRows, Refusal, Rows, Step, StepName, WalkedRevision
from pytest_dbops.migrating.failures import failure_of, sqlstate_of, table_that_no_revision_makes, way_to_start_from
from pytest_dbops.migrating.observing import ObservingHook
from pytest_dbops.migrating.walking.connection import WalkConnection
from pytest_dbops.migrating.walking.environment import Seen
from pytest_dbops.migrating.walking.means import Means
from pytest_dbops.migrating.walking.plan import Plan, down_of, needed_by
from pytest_dbops.migrating.walking.refusing import is_of_any_row, may_be_of_rows, rows_to_try_next
from pytest_dbops.migrating.walking.rehearsal import Rehearsed, Taken, failure_of_step, rehearse
from pytest_dbops.migrating.walking.rows import Before, RowKeeper
from pytest_dbops.migrating.walking.source import Source, read_source
from pytest_dbops.migrating.walking.watch import Watch, observation_failure

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory
    from sqlalchemy import TableClause

    from pytest_dbops.core.catalog import Catalog
    from pytest_dbops.core.observed import Observation

_DUPLICATE_OBJECT = "42710"
_NOT_ASKED = "only schemas were asked for"


@frozen
class Ended:
    """How one process of a walk ended.

    is_complete: whether nothing is left that another one could judge.
    coverage: the rows that were made.
    memory: the revision that failed for want of alembic's memory of types, and keeps others from being judged.
    is_at_heads: whether the database is as the upgrades of all revisions left it, but for rows.
    """

    heads: tuple[str, ...]
    server: str
    is_complete: bool
    memory: str = ""
    coverage: Coverage = field(default_factory=Coverage)
    is_at_heads: bool = False


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

    def refused(self, revision: str, refusal: Refusal, rows: Rows) -> None:
        """A revision fails over rows; it is to be put in over these next, by another process."""

    def unobserved(self, revision: str, reason: str) -> None:
        """Observing broke in a revision; it is to be put in without, by another process."""


@dataclass(slots=True)
class Walker:
    """One walk while env.py runs; it is told what fails outside of it, by whoever called env.py."""

    script: ScriptDirectory
    plan: Plan
    root: Path
    means: Means
    listener: Listener
    rows: Mapping[str, Rows] = field(default_factory=dict)
    unobserved: Mapping[str, str] = field(default_factory=dict)
    only_up: bool = False
    depth: Depth = Depth.FULL
    seen: Seen = field(default_factory=Seen)
    is_begun: bool = False
    mark: TableClause | None = None
    """The version table, emptied at the end in a transaction that env.py has to commit; None elsewhere."""
    running: Script | None = None
    server: str = ""
    judged: set[str] = field(default_factory=set)
    failed: str = ""
    memory: str = ""
    is_at_heads: bool = False
    watch: Watch = field(init=False)
    keeper: RowKeeper = field(init=False)
    _error: BaseException | None = None
    _started: float = 0.0
    _before: Before | None = None
    _sources: dict[str, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take what the walk is done with."""
        self.watch = Watch(self.means.make_observer, ObservingHook())
        self.keeper = RowKeeper(self.means.find_vocabulary)

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        """Yield what alembic is to run; a second call, as of an env.py for several databases, only puts in."""
        is_first, self.is_begun = not self.is_begun, True
        self.server = _server_of(context)
        if self.plan.present:
            self._refuse_other_state(heads)
        else:
            self._count(heads)
            yield from self._stamps(heads)
        connection = WalkConnection(
            context, self.means.read, is_in_transaction=self.seen.is_in_transaction,
            has_rows=self.depth is Depth.FULL,
        )  # fmt: skip
        connection.leave_preparing_to_readers()
        connection.spare_the_disk()
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
        connection.begin()
        self.is_at_heads |= is_first and self.plan.has_all(tuple(connection.applied()))
        connection.commit()
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
            raise CannotJudge(failure_of(err, revision, self.script, Path(self.script.dir), self.root)) from err
        if self._is_not_to_blame(revision, self._error or err):
            return
        failure = failure_of_step(self._error or err, revision.path)
        if table_that_no_revision_makes(self._error or err, self.script):
            failure = replace(failure, hint=way_to_start_from(revision.revision))
        step = Step(StepName.UPGRADE, time.perf_counter() - self._started, failure)
        self._tell(revision, self._source(revision), (step,), None)
        self.failed = revision.revision
        if sqlstate_of(self._error or err) == _DUPLICATE_OBJECT:
            self.memory = revision.revision

    def _is_not_to_blame(self, revision: Script, err: BaseException) -> bool:
        """Tell whether it was our observing or our rows that it failed on; another process tries it without."""
        from sqlalchemy.exc import DBAPIError

        if broke := observation_failure(err):
            self.listener.unobserved(revision.revision, broke)
            return True
        before = self._before
        if before is None or before.rows is Rows.NONE or not before.coverage.rows or not may_be_of_rows(err):
            return False
        is_certain = is_of_any_row(err, before.catalog)
        refusal = Refusal(before.rows, failure_of_step(err, revision.path), is_certain, not isinstance(err, DBAPIError))
        self.listener.refused(revision.revision, refusal, rows_to_try_next(before.rows, is_certain=is_certain))
        return True

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
        memory = self.memory if is_in_the_way else ""
        is_at_heads = self.is_at_heads and not self.failed
        return Ended(heads, self.server, not waiting, memory, self.keeper.coverage(), is_at_heads)

    def tell_plan(self) -> None:
        """Say which revisions the walk is about."""
        self.listener.planned(
            tuple(self._record(each, self._source(each), (), None) for each in self.plan.revisions),
            self.plan.below,
        )

    def _refuse_other_state(self, heads: tuple[str, ...]) -> None:
        """Refuse a database that is said to hold revisions, and whose version table says otherwise."""
        if not self.plan.is_at(heads):
            raise CannotJudge("the database that the walk begins with is not at the revisions it was kept at")

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
        step.migration_fn = self._keeping_errors(step.migration_fn, connection)
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
        self._before = met = self._meet(revision, before, connection)
        self.listener.begins(StepName.UPGRADE)
        unobserved = self.unobserved.get(revision.revision, "") if self.depth is Depth.FULL else _NOT_ASKED
        if not unobserved:
            self.watch.begin(revision, connection)
        yield from self._put_in(revision, connection)
        taken_s = time.perf_counter() - self._started
        observation, unobserved = (None, unobserved) if unobserved else self.watch.finish(connection)
        own_s = observation.own_ms / 1000 if observation is not None else 0.0
        upgrade = Step(StepName.UPGRADE, max(0.0, taken_s - own_s))
        source = self._source(revision)
        connection.begin()
        if revision.revision not in connection.applied():
            connection.rollback()
            self._tell(revision, source, (_unrecorded(upgrade, connection),), None)
            self.failed = revision.revision
            return None
        is_changed = connection.changes.may_be
        rehearsed = rehearse(self._taken(revision, source.downgrade, met), connection, self.means.copy)
        connection.changes.may_be = is_changed or not rehearsed.is_taken_back
        record = self._record(revision, source, (upgrade, *rehearsed.steps), rehearsed.irreversible)
        self._tell_record(
            replace(
                record, met=_met(met, rehearsed, observation), broken=rehearsed.broken,
                untried=met.unjudged or ("" if rehearsed.broken is not None else "its statements could not be tried"),
                observation=observation, unobserved=unobserved,
            )
        )  # fmt: skip
        return rehearsed.after if rehearsed.is_intact else None

    def _meet(self, revision: Script, before: Catalog, connection: WalkConnection) -> Before:
        """Return what the revision meets: rows, where they are asked for."""
        if self.depth is not Depth.FULL:
            return Before(before, Rows.NONE, unjudged=_NOT_ASKED)
        return self.keeper.prepare(connection, before, self.rows.get(revision.revision, Rows.USUAL))

    def _taken(self, revision: Script, written: Downgrade, before: Before) -> Taken:
        arguments = self.seen.run_arguments
        module = revision.module
        return Taken(
            revision.path, partial(module.upgrade, **arguments),
            partial(getattr(module, "downgrade", _nothing), **arguments), written, before, self.listener.begins,
            self.only_up, is_put_in_again=self.depth is not Depth.DOWN,
        )  # fmt: skip

    def _source(self, revision: Script) -> Source:
        if revision.path not in self._sources:
            self._sources[revision.path] = read_source(Path(revision.path))
        return self._sources[revision.path]

    def _tell(self, revision: Script, source: Source, steps: tuple[Step, ...], irreversible: str | None) -> None:
        self._tell_record(self._record(revision, source, steps, irreversible))

    def _tell_record(self, record: WalkedRevision) -> None:
        self.judged.add(record.revision)
        self.listener.walked(record)

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
            depth=self.depth,
        )

    def _keeping_errors(self, function: Callable[..., Any], connection: WalkConnection) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                connection.note_changes(partial(function, *args, **kwargs))
            except BaseException as err:
                self._error = err
                raise

        return run


def _met(before: Before, rehearsed: Rehearsed, observation: Observation | None) -> MetRows:
    return MetRows(
        before.rows,
        losses=rehearsed.losses,
        coverage=before.coverage.summary,
        unfilled=before.unfilled(rehearsed.after, observation),
        unjudged=before.unjudged,
    )


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
