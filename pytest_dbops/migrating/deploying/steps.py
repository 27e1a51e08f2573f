"""The steps of a deploy as alembic asks for them, and what is done before and after each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.deploy.journal import Entry, Event, doubts
from pytest_dbops.core.deploy.outcome import Fate
from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.deploying.beside import Beside
from pytest_dbops.migrating.deploying.blockers import Blockers
from pytest_dbops.migrating.deploying.doubt import index_of, settle
from pytest_dbops.migrating.deploying.session import prepare, shorten_lock_timeout
from pytest_dbops.migrating.deploying.tables import write_entry
from pytest_dbops.migrating.failures import line_in, one_line
from pytest_dbops.migrating.kept_source import KeptSource, keep_source
from pytest_dbops.migrating.upgrade import with_ancestors
from pytest_dbops.migrating.walking.connection import CatalogReader, WalkConnection
from pytest_dbops.migrating.walking.environment import Seen

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory

    from pytest_dbops.migrating.deploying.run import DeployOrder, Listener


@frozen
class Failure:
    """A revision that failed in one attempt.

    is_partly_final: whether it had committed something before it failed. line: in its file, 0 elsewhere.
    """

    revision: str
    file: str
    line: int
    error: BaseException
    attempts: int
    is_partly_final: bool


@dataclass(slots=True)
class Deploying:
    """One deploy while env.py runs, once or several times."""

    order: DeployOrder
    script: ScriptDirectory
    beside: Beside
    blockers: Blockers
    read: CatalogReader
    listener: Listener
    seen: Seen = field(default_factory=Seen)
    is_begun: bool = False
    running: Script | None = None
    error: BaseException | None = None
    failure: Failure | None = None
    _done: set[str] = field(default_factory=set)
    _attempts: dict[str, int] = field(default_factory=dict)
    _started: float = 0.0
    _is_inside: bool = False
    _has_committed: bool = False

    def begin_attempt(self) -> Seen:
        """Forget what the attempt before has left here."""
        self.seen, self.is_begun, self.running, self.error, self.failure = Seen(), False, None, None, None
        self.blockers.pid = None
        return self.seen

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        """Yield what alembic is to run; a second call, as of an env.py for several databases, runs nothing."""
        if self.is_begun:
            return
        self.is_begun = True
        connection = WalkConnection(context, self.read, is_in_transaction=self.seen.is_in_transaction)
        self.blockers.pid = prepare(connection, self.order.limits)
        applied = self._applied(context)
        self._settle_doubts(connection, applied)
        for name in self.order.planned:
            if name in self._done:
                continue
            if (name in applied) != self.order.is_downgrade:
                self._done.add(name)
                self.listener.done(name, Fate.BY_ANOTHER, 0.0, 0)
                continue
            yield from self._run(self._script(name), context, connection)

    def fail(self, err: BaseException) -> None:
        """Record that the revision that was running failed."""
        assert self.running is not None
        revision, self.running = self.running, None
        name, error = revision.revision, self.error or err
        attempts = self._attempts[name]
        self.failure = Failure(
            name, Path(revision.path).name, line_in(error, revision.path), error, attempts, self._has_committed
        )
        detail = "a part of it is final" if self._has_committed else ""
        # If nobody can be told, that it is in doubt is the truth.
        with suppress(Exception):
            self.beside.write(self._entry(Event.FAILED, name, detail=detail, reason=one_line(error)))
        self.listener.done(name, Fate.FAILED, time.perf_counter() - self._started, attempts)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Notice, while the block lasts, what a revision commits by itself and which indexes it builds."""
        from sqlalchemy import Engine, event

        event.listen(Engine, "commit", self._on_commit)
        event.listen(Engine, "before_cursor_execute", self._on_statement)
        try:
            yield
        finally:
            event.remove(Engine, "commit", self._on_commit)
            event.remove(Engine, "before_cursor_execute", self._on_statement)

    def _run(self, revision: Script, context: MigrationContext, connection: WalkConnection) -> Iterator[Any]:
        """Run one revision: begun on our connection, finished on the project's, seen to be final on ours."""
        from alembic.runtime.migration import MigrationStep

        name, is_down = revision.revision, self.order.is_downgrade
        kept = keep_source(Path(revision.path))
        fingerprint = self._fingerprint(connection)
        connection.forget_types()
        self.beside.prove(f"revision {name}")
        self.beside.write(self._entry(Event.TAKING_BACK if is_down else Event.STARTED, name, detail=fingerprint))
        self._attempts[name] = self._attempts.get(name, 0) + 1
        self.listener.progress(f"{'taking back' if is_down else 'applying'} {name} {revision.doc}")
        self.running, self.error, self._has_committed, self._started = revision, None, False, time.perf_counter()
        self.blockers.forget()
        make = MigrationStep.downgrade_from_script if is_down else MigrationStep.upgrade_from_script
        step = make(self.script.revision_map, revision)
        step.migration_fn = self._in_transaction(step.migration_fn, name, kept, context)
        yield step
        duration_s = time.perf_counter() - self._started
        connection.close()
        now = frozenset(with_ancestors(self.script, tuple(connection.applied())))
        connection.close()
        if (name in now) == is_down:
            raise Blocked(f"revision {name} ran, but the version table does not say so (does it roll back by itself?)")
        self.running = None
        self._done.add(name)
        self.listener.done(name, Fate.TAKEN_BACK if is_down else Fate.APPLIED, duration_s, self._attempts[name])

    def _in_transaction(
        self, function: Callable[..., Any], name: str, kept: KeptSource, context: MigrationContext
    ) -> Callable[..., Any]:
        """Return the revision's function with the journal's row behind it, in the transaction of the version row."""

        @wraps(function)  # alembic names the step by its function
        def run(*args: Any, **kwargs: Any) -> None:
            self._is_inside = True
            try:
                assert context.connection is not None
                shorten_lock_timeout(context.connection, self.order.limits)
                function(*args, **kwargs)
                event = Event.TAKEN_BACK if self.order.is_downgrade else Event.APPLIED
                source = {} if self.order.is_downgrade else {"source": kept.text, "beside": kept.beside}
                write_entry(context.connection, self._entry(event, name, **source))
            except BaseException as err:
                self.error = err
                raise
            finally:
                self._is_inside = False

        return run

    def _settle_doubts(self, connection: WalkConnection, applied: frozenset[str]) -> None:
        for doubt in doubts(self.beside.entries()):
            words = settle(
                doubt, self.beside, applied, lambda: self._fingerprint(connection),
                may_run_again=doubt.revision in self.order.again,
            )  # fmt: skip
            self.beside.write(self._entry(Event.RESOLVED, doubt.revision, detail=words))
            self.listener.progress(f"revision {doubt.revision} was interrupted at {doubt.at}: {words}")

    def _applied(self, context: MigrationContext) -> frozenset[str]:
        """Return what is applied, for everybody to see, with all that it implies."""
        rows = self.beside.applied(context.version_table, context.version_table_schema)
        return frozenset(with_ancestors(self.script, tuple(rows)))

    def _fingerprint(self, connection: WalkConnection) -> str:
        """Return the fingerprint of the schema; of SQLite none is needed, what is unfinished there is thrown away."""
        if connection.dialect != "postgresql":
            return ""
        connection.begin()
        try:
            return connection.snapshot().fingerprint
        finally:
            connection.rollback()

    def _script(self, name: str) -> Script:
        found = self.script.get_revision(name)
        assert found is not None
        return found

    def _entry(self, event: Event, revision: str, **more: str) -> Entry:
        return Entry(self.order.deploy, event, revision, self.order.actor, **more)

    def _on_commit(self, connection: Any) -> None:
        self._has_committed |= self._is_inside and connection is not self.beside.connection

    def _on_statement(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if not self._is_inside or connection is self.beside.connection or connection.dialect.name != "postgresql":
            return
        if (told := index_of(statement, self.beside.connection)) and self.running is not None:
            self.beside.write(self._entry(Event.BUILDING, self.running.revision, detail=told))
