"""Where an environment's database stands in the project's history."""

from __future__ import annotations

from dataclasses import field

from pytest_dbops.config.model import Config
from pytest_dbops.core.forecast import Forecasts
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import HistoryProblem, ProblemKind, Revision, standing
from pytest_dbops.migrating.history import history_of
from pytest_dbops.migrating.scripts import Scripts
from pytest_dbops.migrating.version_table import VersionTable, find_version_table, parse_version_table
from pytest_dbops.operations.build import Progress
from pytest_dbops.operations.environments import open_environment
from pytest_dbops.operations.migrations.applied import read_applied
from pytest_dbops.operations.migrations.kept_forecasts import load_forecasts
from pytest_dbops.operations.migrations.project import project_scripts
from pytest_dbops.operations.runs import Run


@frozen
class Status:
    """What the version table of an environment says, held against the code.

    version_table: with its schema, empty when the database has none yet: then nothing is applied.
    applied, pending, unknown, overlapping: see core.history.Standing. problems: those of the history.
    forecasts: of what is pending, as an earlier gate or a dry run has measured it.
    """

    environment: str
    dialect: str
    server: str
    host: str
    database: str
    version_table: str
    applied: tuple[str, ...]
    code_heads: tuple[str, ...]
    pending: tuple[Revision, ...]
    unknown: tuple[str, ...]
    overlapping: tuple[str, ...]
    problems: tuple[HistoryProblem, ...]
    forecasts: Forecasts = field(default_factory=Forecasts)

    @property
    def is_at_head(self) -> bool:
        """Whether exactly what the code has is applied."""
        return not (self.pending or self.unknown or self.overlapping or self.conflicts)

    @property
    def conflicts(self) -> tuple[HistoryProblem, ...]:
        """The problems for which `alembic upgrade head` would refuse."""
        return tuple(each for each in self.problems if each.kind.breaks or each.kind is ProblemKind.SEVERAL_HEADS)

    @property
    def is_clear(self) -> bool:
        """Whether what is pending can be said for certain: nothing is unknown and nothing contradicts."""
        return not (self.unknown or self.overlapping or self.conflicts)


def read_status(
    config: Config, name: str | None, *, progress: Progress, version_table: str = "", run: Run | None = None
) -> Status:
    """Read the version table of an environment in one read-only session; for `run` see open_environment.

    version_table: `NAME` or `SCHEMA.NAME`, in place of what env.py says.
    """
    scripts = project_scripts(config)
    table = version_table_of(config, scripts, version_table)
    history = history_of(scripts, root=config.root)
    with open_environment(config, name, progress=progress, run=run) as (environment, _, session):
        applied = read_applied(session, table)
        identity, dialect = session.identity, session.dialect
        session.verify()
    place = standing(history, applied.rows)
    return Status(
        environment=environment.name, dialect=dialect, server=identity.server, host=identity.host,
        database=identity.database, version_table=applied.table, applied=place.applied,
        code_heads=history.heads, pending=place.pending, unknown=place.unknown, overlapping=place.overlapping,
        problems=history.problems,
        forecasts=load_forecasts(config, environment.name, history, place.applied),
    )  # fmt: skip


def version_table_of(config: Config, scripts: Scripts, given: str = "") -> VersionTable:
    """Return the table of applied revisions: the one given, else the configured one, else what env.py says."""
    written = given or config.migrations.version_table
    return parse_version_table(written) if written else find_version_table(scripts)
