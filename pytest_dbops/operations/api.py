"""The Python API: one class an area, each a context manager on one environment.

    from pytest_dbops import DatabaseManager

    with DatabaseManager("staging") as database:
        report = database.health(categories=["schema"])

Nothing is connected to before a method needs it. Servers and databases that a method of an embedded environment
starts live as long as the block. What goes wrong is a `DbopsError` of one line, without a traceback's worth of
causes and without a secret.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.registry import collect_checks
from pytest_dbops.config.document import find_config
from pytest_dbops.config.load import load_config
from pytest_dbops.config.logs import close_logging, configure_logging, logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment, variable_problems
from pytest_dbops.config.tuning import tune_checks
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.check import Check, Cost
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.report import Report
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.waiver import Waiver
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.environments import Ping, grant_statements, open_environment, ping
from pytest_dbops.operations.gate import GateRequest
from pytest_dbops.operations.health import check_health
from pytest_dbops.operations.maintaining.auto import Maintained, apply_plan, plan_auto
from pytest_dbops.operations.maintaining.plan import MaintenancePlan, MaintenanceRequest, make_plan
from pytest_dbops.operations.runs import Run
from pytest_dbops.reports.masking import masked

if TYPE_CHECKING:
    from pytest_dbops.operations.encryption.rewrite_plan import Task
    from pytest_dbops.operations.encryption.rewriting import Rewritten

Progress = Callable[[str], None]


class DatabaseManager:
    """One environment's database: whether it answers, what its schema is, and what the checks say of it.

    environment: a name of dbops.toml; None means DBOPS_ENV, else development.
    config: the configuration's file; None means the nearest dbops.toml here or above.
    progress: called with a line of text before what takes time.
    """

    def __init__(
        self,
        environment: str | None = None,
        *,
        config: Path | str | None = None,
        progress: Progress = lambda text: None,
    ) -> None:
        self._place = _Place(environment, config, progress)

    def __enter__(self) -> Self:
        """Load the configuration; raises ConfigError for what is wrong in it."""
        self._place.enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End the servers that were started, and the log files."""
        self._place.leave()

    @property
    def environment(self) -> Environment:
        """The environment, its URL not resolved."""
        return self._place.environment

    def ping(self) -> Ping:
        """Return what answers and how long a round trip takes; raises Unreachable or WrongTarget."""
        place = self._place
        return ping(place.config, place.environment.name, progress=place.progress, run=place.run)

    def catalog(self) -> Catalog:
        """Return the schema as it is now, read in one read-only transaction."""
        with self._place.session() as session:
            return backend_for(session.dialect).read_catalog(session)

    def checks(self) -> tuple[Check, ...]:
        """Return the checks of the gate, tuned by `[checks.CODE]`, in their order; offline."""
        config = self._place.config
        own = [config.path(written) for written in config.project.checks]
        return tune_checks(config, collect_checks(own, root=config.root))

    def health(
        self, *, categories: Sequence[str] = (), codes: Sequence[str] = (), cost: Cost = Cost.FULL,
        revisions: str | None = None, fresh: bool = False,
    ) -> Report:  # fmt: skip
        """Ask the checks of these categories and codes (none: all) and return the report, its secrets masked.

        revisions: which are judged, as `--dbops-revisions` has it; None for what the environment's kind asks for.
        fresh: rehearse also those that an earlier run has judged. Raises UsageError for a range that means nothing.
        Each call is a run of its own, on a schema read anew.
        """
        place = self._place
        request = GateRequest(
            place.config.file, place.environment.name, os.environ, datetime.now(UTC), cost=cost,
            revisions=revisions, is_fresh=fresh, mask=place.config.mask,
        )  # fmt: skip
        report, _ = check_health(request, categories=categories, codes=codes, progress=place.progress)
        return masked(report, place.config.mask)

    def maintenance_plan(self, *, tasks: Sequence[str] = (), cost: Cost = Cost.FULL) -> MaintenancePlan:
        """Return the steps that would help, by benefit; reads only.

        tasks: kinds of steps by name, none for all (`pytest_dbops.core.maintenance.tasks.TASKS`). Raises UsageError
        for an unknown one, and for an embedded environment.
        """
        place = self._place
        return make_plan(place.config, self._maintenance(tasks=tasks, cost=cost), progress=place.progress)

    def maintain(
        self, *, tasks: Sequence[str] = (), cost: Cost = Cost.FULL, budget_s: float = 600.0, actor: str = "",
    ) -> Maintained:  # fmt: skip
        """Run the steps that keep nobody waiting, within a budget, and return what each changed.

        What a run fell short of is its `shortfall`; it is not raised. Raises PolicyRefused where nothing may be
        written, Blocked behind a pooler and on a standby.
        """
        place = self._place
        request = self._maintenance(tasks=tasks, cost=cost, budget_s=budget_s, actor=actor or "python")
        plan = plan_auto(place.config, request, progress=place.progress)
        return apply_plan(place.config, request, plan, progress=place.progress)

    def _maintenance(self, **more: Any) -> MaintenanceRequest:
        return MaintenanceRequest(self._place.environment.name, datetime.now(UTC), **more)


class PerformanceMonitor:
    """One environment's sizes, activity and settings. For the arguments see `DatabaseManager`."""

    def __init__(
        self,
        environment: str | None = None,
        *,
        config: Path | str | None = None,
        progress: Progress = lambda text: None,
    ) -> None:
        self._place = _Place(environment, config, progress)

    def __enter__(self) -> Self:
        """Load the configuration; raises ConfigError for what is wrong in it."""
        self._place.enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End the servers that were started, and the log files."""
        self._place.leave()

    def statistics(self) -> Statistics:
        """Return what the database tells of itself now; what the role may not see is absent, not zero."""
        with self._place.session() as session:
            read = backend_for(session.dialect).read_statistics(session)
        logger_of("performance").info("read the statistics of %s", self._place.environment.name)
        return read


class ComplianceManager:
    """What one environment's policy demands, who waived what, and its encrypted columns.

    For the arguments see `DatabaseManager`.
    """

    def __init__(
        self,
        environment: str | None = None,
        *,
        config: Path | str | None = None,
        progress: Progress = lambda text: None,
    ) -> None:
        self._place = _Place(environment, config, progress)

    def __enter__(self) -> Self:
        """Load the configuration; raises ConfigError for what is wrong in it."""
        self._place.enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End the log files."""
        self._place.leave()

    def waivers(self) -> tuple[Waiver, ...]:
        """Return the waivers that count in this environment, expired ones among them; offline."""
        name = self._place.environment.name
        return tuple(w for w in self._place.config.waivers if not w.environments or name in w.environments)

    def variable_problems(self) -> tuple[str, ...]:
        """Return what is wrong with the required variables, without their values; offline."""
        return variable_problems(self._place.config, self._place.environment)

    def grant_statements(self, role: str = "dbops_gate") -> tuple[str, ...]:
        """Return the statements that make `role` a least-privilege reader for gates; connects nowhere."""
        return tuple(grant_statements(self._place.config, self._place.environment.name, role))

    def validate_encryption(self, *, cost: Cost = Cost.FULL) -> Report:
        """Open every field of every encrypted column and return the report of the checks of encryption; reads only."""
        place = self._place
        request = GateRequest(
            place.config.file, place.environment.name, os.environ, datetime.now(UTC), cost=cost, mask=place.config.mask
        )
        report, _ = check_health(request, categories=("encryption",), codes=(), progress=place.progress)
        return masked(report, place.config.mask)

    def rotate_key(
        self, new_key: str, *, org: str = "", actor: str = "python", backup: Path | str | None = None
    ) -> Rewritten:
        """Move stored fields to another key, online, and return what became of each column.

        new_key: `env:NAME`, `file:PATH`, `cmd:COMMAND` or the name of a `[[key]]`. org: the tenant whose rows are
        meant, empty for all. backup: a folder that a verified copy of the database is made in first. What the run fell
        short of is its `shortfall`; it is not raised. Raises UsageError for a
        key that cannot be meant, PolicyRefused where nothing may be written.
        """
        from pytest_dbops.operations.encryption.rewrite_plan import Task

        return self._rewrite(Task.ROTATE, backup, new_key=new_key, org=org, actor=actor)

    def fix_encryption(
        self, *, org: str = "", actor: str = "python", backup: Path | str | None = None
    ) -> Rewritten:  # fmt: skip
        """Seal plaintext, leave retired keys, make blind indexes again; what would have to be guessed is left.

        Takes a backup, returns and raises as `rotate_key` does.
        """
        from pytest_dbops.operations.encryption.rewrite_plan import Task

        return self._rewrite(Task.FIX, backup, org=org, actor=actor)

    def encrypt_column(
        self, column: str, *, org: str = "", actor: str = "python", backup: Path | str | None = None
    ) -> Rewritten:
        """Seal a column of plaintext, `table.column` of the models; else as `rotate_key` does."""
        from pytest_dbops.operations.encryption.rewrite_plan import Task

        return self._rewrite(Task.ENCRYPT, backup, column=column, org=org, actor=actor)

    def _rewrite(self, task: Task, backup: Path | str | None = None, **more: Any) -> Rewritten:
        # Who has no encrypted columns needs no cryptography.
        from pytest_dbops.operations.encryption.rewrite_plan import RewriteRequest, plan_rewrite
        from pytest_dbops.operations.encryption.rewriting import apply_rewrite

        place = self._place
        request = RewriteRequest(place.environment.name, datetime.now(UTC), task, **more)
        plan = plan_rewrite(place.config, request, progress=place.progress)
        backups = None
        if backup is not None and plan.has_work:
            from pytest_dbops.operations.encryption.backup import VerifiedCopies

            backups = VerifiedCopies(place.config, plan.environment, plan.all_columns, Path(backup).absolute())
        return apply_rewrite(request, plan, progress=place.progress, backups=backups)


class _Place:
    """What the managers share: a configuration, an environment, and the run that owns what they start."""

    def __init__(self, environment: str | None, config: Path | str | None, progress: Progress) -> None:
        self._name = environment
        self._file = None if config is None else Path(config)
        self._config: Config | None = None
        self.progress = progress
        self.run = Run(None)

    @property
    def config(self) -> Config:
        """The configuration; raises UsageError outside of the block."""
        if self._config is None:
            raise UsageError("this is used in a with block: with DatabaseManager(...) as database:")
        return self._config

    @property
    def environment(self) -> Environment:
        """The environment that is meant."""
        return find_environment(self.config, self._name)

    def enter(self) -> None:
        """Load the configuration, refuse an unknown environment, and open the logs."""
        file = find_config(Path.cwd()) if self._file is None else self._file
        config = load_config(file, variables=os.environ)
        _log_as(self, config, find_environment(config, self._name))
        self._config, self.run = config, Run(None)

    def leave(self) -> None:
        """End what was started and close the logs."""
        config, self._config = self.config, None
        try:
            self.run.end(lambda owned: drop_embedded(owned, config))
        finally:
            _log_no_more(self)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a read-only session, a new one for each question."""
        name, progress = self.environment.name, self.progress
        with open_environment(self.config, name, progress=progress, run=self.run) as (_, _, session):
            yield session


_LOGGING: dict[_Place, tuple[Config, Environment]] = {}
"""The open managers in their order: logging belongs to the process, so the newest says where it goes."""


def _log_as(place: _Place, config: Config, environment: Environment) -> None:
    if config.logging.dir:
        configure_logging(config, environment)
        _LOGGING[place] = (config, environment)


def _log_no_more(place: _Place) -> None:
    if _LOGGING.pop(place, None) is None:
        return
    if _LOGGING:
        configure_logging(*_last(_LOGGING))
    else:
        close_logging()


def _last(opened: Mapping[_Place, tuple[Config, Environment]]) -> tuple[Config, Environment]:
    return opened[next(reversed(tuple(opened)))]
