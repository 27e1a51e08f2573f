"""Run one revision at several sizes within one run of env.py; runs in a process of its own.

What comes before it is put in first. Then its tables are given more rows, in three steps of which each is committed;
at each the upgrade is run a few times and taken back. The walk has shown before that it runs at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pytest_dbops.core.catalog import Catalog, quoted_name
from pytest_dbops.core.errors import CannotJudge, DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed import Observation
from pytest_dbops.core.walk import Rows
from pytest_dbops.migrating.config import alembic_config
from pytest_dbops.migrating.env_run import run_env
from pytest_dbops.migrating.failures import one_line
from pytest_dbops.migrating.filling.fences import without_forced_security
from pytest_dbops.migrating.filling.ground import message_of
from pytest_dbops.migrating.filling.multiply import Multiplier, Variety
from pytest_dbops.migrating.observing import ObservingHook
from pytest_dbops.migrating.walking.connection import WalkConnection
from pytest_dbops.migrating.walking.environment import Seen, watched_environment
from pytest_dbops.migrating.walking.means import Means
from pytest_dbops.migrating.walking.rows import RowKeeper
from pytest_dbops.migrating.walking.watch import Watch

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script, ScriptDirectory


@frozen
class MeasureOrder:
    """What is to be measured.

    location: the folder with env.py, or an alembic.ini; url: plain, of a scratch database with what is applied;
    root: the project's folder. before: revisions to put in first, in order.
    sizes: rows of each table at each step, smallest first; repeats: runs at each; variety: of the rows.
    """

    location: Path
    url: str
    root: Path
    revision: str
    before: Sequence[str]
    sizes: Sequence[Mapping[str, int]]
    repeats: int
    variety: Variety = Variety.ALL


class Listener(Protocol):
    """Who is told what happens, as soon as it has."""

    def progress(self, text: str) -> None:
        """Something takes its time."""

    def ran(self, step: int, rows: Mapping[str, int], whole_ms: float, observation: Observation) -> None:
        """The revision ran once at the sizes of a step; rows: how many its tables really had."""


def measure_revision(order: MeasureOrder, means: Means, listener: Listener) -> None:
    """Measure one revision; raises CannotJudge, one line, with what keeps it from being measured."""
    from alembic.script import ScriptDirectory

    config = alembic_config(order.location, order.url, root=order.root)
    script = ScriptDirectory.from_config(config)
    measuring = _Measuring(order, script, means, listener)
    environment = partial(watched_environment, config, script, measuring.steps, measuring.seen)
    try:
        with measuring.watch.attached():
            run_env(config, script, environment, order.url, is_begun=lambda: measuring.is_begun)
    except DbopsError:
        raise
    except (Exception, SystemExit) as err:  # env.py and revisions may raise anything
        raise CannotJudge(f"it fails where it is measured: {one_line(err)}") from err
    if not measuring.is_done:
        raise CannotJudge("env.py ended before it was measured")


@dataclass(slots=True)
class _Measuring:
    """The steps of one measurement while env.py runs."""

    order: MeasureOrder
    script: ScriptDirectory
    means: Means
    listener: Listener
    seen: Seen = field(default_factory=Seen)
    is_begun: bool = False
    is_done: bool = False
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        """Make what observes."""
        self.watch = Watch(self.means.make_observer, ObservingHook())

    def steps(self, heads: tuple[str, ...], context: MigrationContext) -> Iterator[Any]:
        """Yield what has to be put in first, and measure after that; a second call runs nothing."""
        from alembic.runtime.migration import MigrationStep

        if self.is_begun:
            return
        self.is_begun = True
        connection = WalkConnection(context, self.means.read, is_in_transaction=self.seen.is_in_transaction)
        for name in self.order.before:
            connection.forget_types()
            yield MigrationStep.upgrade_from_script(self.script.revision_map, self._script(name))
            connection.close()
        self._measure(self._script(self.order.revision), connection)
        self.is_done = True

    def _measure(self, revision: Script, connection: WalkConnection) -> None:
        connection.begin()
        catalog = connection.snapshot()
        connection.commit()
        before = RowKeeper(self.means.find_vocabulary).prepare(connection, catalog, Rows.ORDINARY)
        if before.unjudged:
            raise CannotJudge(before.unjudged)
        for step, wanted in enumerate(self.order.sizes):
            self.listener.progress(f"measuring {revision.revision} at {max(wanted.values()):,} rows")
            rows = self._grow(connection, catalog, wanted)
            for _ in range(self.order.repeats):
                whole_ms, observation = self._run(revision, connection)
                self.listener.ran(step, rows, whole_ms, observation)

    def _grow(self, connection: WalkConnection, catalog: Catalog, wanted: Mapping[str, int]) -> dict[str, int]:
        """Give tables their rows, those first that others refer to, and commit them."""
        connection.begin()
        multiplier = Multiplier(connection.ground(), catalog)
        try:
            with without_forced_security(connection.ground(), catalog):
                rows = {
                    name: multiplier.grow(name, wanted[name], self.order.variety)
                    for name in multiplier.in_order(wanted)
                }
            connection.commit()
            self._settle(connection, catalog)
        except DbopsError:
            connection.rollback()
            raise
        except Exception as err:  # any driver's: a deferred rule, a full disk
            connection.rollback()
            raise CannotJudge(f"its tables cannot be given rows: {message_of(err)}") from err
        return rows

    def _settle(self, connection: WalkConnection, catalog: Catalog) -> None:
        """Let the server count the new rows, as it has counted those of a database that lives."""
        connection.begin()
        for table in catalog.tables:
            if not table.is_partition:
                connection.run(f"ANALYZE {quoted_name(table.schema, table.name)}")
        connection.commit()

    def _run(self, revision: Script, connection: WalkConnection) -> tuple[float, Observation]:
        """Run the upgrade once and take it back; returns what it took without what observing cost."""
        upgrade = partial(revision.module.upgrade, **self.seen.run_arguments)
        copy = self.means.copy
        if copy is not None:
            copy.take()
        connection.forget_types()
        connection.begin()
        transaction = connection.transaction_id() if connection.dialect == "postgresql" else ""
        self.watch.begin(revision, connection)
        started_s = time.perf_counter()
        upgrade()
        if copy is not None:
            connection.commit()
        whole_s = time.perf_counter() - started_s
        observation, broke = self.watch.finish(connection)
        if transaction and connection.transaction_id() != transaction:
            raise CannotJudge("it commits by itself, so that it cannot be run more than once")
        connection.rollback()
        if copy is not None:
            copy.put_back()
        if observation is None:
            raise CannotJudge(f"it cannot be observed: {broke}")
        return max(0.0, whole_s * 1000 - observation.own_ms), observation

    def _script(self, name: str) -> Script:
        found = self.script.get_revision(name)
        assert found is not None
        return found
