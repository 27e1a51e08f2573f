"""The SQL that revisions would run, written without any connection."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import find_environment
from pytest_dbops.core.errors import CannotJudge, NothingToCheck, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import History, ProblemKind, Revision, ancestors, effective_heads, select_revisions
from pytest_dbops.migrating.offline_sql import RevisionSql
from pytest_dbops.operations.build import Progress
from pytest_dbops.operations.migrations.confined import ask_confined
from pytest_dbops.operations.migrations.project import project_history, refuse_broken
from pytest_dbops.operations.migrations.status import Status, read_status


@frozen
class Preview:
    """The SQL of revisions in the order of running; `sql` is the text to run, see OfflineSql."""

    dialect: str
    direction: str
    revisions: tuple[RevisionSql, ...]
    sql: str

    @property
    def problems(self) -> tuple[str, ...]:
        """One line a revision whose SQL is not, or not all, there."""
        return tuple(each.problem for each in self.revisions if each.problem)


def pending_status(config: Config, name: str | None, *, progress: Progress, version_table: str = "") -> Status:
    """Return where an environment's database stands, with what it lacks, oldest first; reads its version table.

    Raises CannotJudge when the version table holds what the code does not know, or contradicts itself.
    """
    status = read_status(config, name, progress=progress, version_table=version_table)
    if not status.is_clear:
        what = [
            *(f"{row} is no revision of the code" for row in status.unknown),
            *(f"{row} is implied by another row" for row in status.overlapping),
            *map(str, status.conflicts),
        ]
        raise CannotJudge(f"{status.environment}: {what[0]} (see: dbops migrate status --env {status.environment})")
    if not status.pending:
        raise NothingToCheck(f"{status.environment} is at the head: nothing is pending")
    return status


def chosen_revisions(config: Config, text: str) -> tuple[Revision, ...]:
    """Return the revisions of a range, oldest first; connects nowhere."""
    chosen = select_revisions(project_history(config), text)
    if not chosen:
        raise NothingToCheck(f"{text!r} holds no revision")
    return chosen


def preview_upgrade(
    config: Config, revisions: Sequence[Revision], *, environment: str | None = None, history: History | None = None
) -> Preview:
    """Return the SQL that applies these revisions, for the product of an environment; connects nowhere.

    history: the project's, where it was read already.
    """
    history = history or project_history(config)
    return _preview(config, history, revisions, environment, is_downgrade=False)


def preview_downgrade(config: Config, revisions: Sequence[Revision], *, environment: str | None = None) -> Preview:
    """Return the SQL that takes these revisions back, the last one first."""
    return _preview(config, project_history(config), revisions, environment, is_downgrade=True)


def _preview(
    config: Config, history: History, revisions: Sequence[Revision], environment: str | None, *, is_downgrade: bool
) -> Preview:
    refuse_broken(history)
    ids = [revision.id for revision in revisions]
    missing = ProblemKind.MISSING_DOWNGRADE if is_downgrade else ProblemKind.MISSING_UPGRADE
    for problem in history.problems:
        if problem.kind is missing and problem.revision in ids:
            raise CannotJudge(str(problem))
    before = _rows_before(history, ids)
    dialect = find_environment(config, environment).dialect
    answer = ask_confined(
        "sql", config, dialect, revisions=ids[::-1] if is_downgrade else ids, is_downgrade=is_downgrade,
        before=effective_heads(history, [*before, *ids]) if is_downgrade else effective_heads(history, before),
    )  # fmt: skip
    return Preview(
        dialect=dialect,
        direction="downgrade" if is_downgrade else "upgrade",
        revisions=tuple(RevisionSql(**each) for each in answer["revisions"]),
        sql=answer["sql"],
    )


def _rows_before(history: History, ids: Sequence[str]) -> frozenset[str]:
    """Return all that is applied before these are; raises UsageError when one of it needs one of these."""
    before = ancestors(history, ids) - frozenset(ids)
    between = sorted(ancestors(history, before) & frozenset(ids))
    if between:
        raise UsageError(f"the range leaves out a revision that needs its {between[0]} (write it as A:B, or all)")
    return before
