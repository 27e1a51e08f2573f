"""MIG006."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_dbops.checks.migrations._steps import ENDED_EARLY, require_applied
from pytest_dbops.core.check import Cost, check
from pytest_dbops.core.errors import CannotJudge, DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.step_name import StepName

if TYPE_CHECKING:
    from pytest_dbops.core.environment import Environment
    from pytest_dbops.core.forecast import FindForecasts
    from pytest_dbops.core.observed import Observation
    from pytest_dbops.core.observed.sizes import Sizes
    from pytest_dbops.core.observed.target import FindSizes, TargetSizes
    from pytest_dbops.core.walk import Walk, WalkedRevision


@check("MIG006", category="migrations", severity=Severity.ERROR, step=StepName.UPGRADE, cost=Cost.FULL)
def locks(
    revision: WalkedRevision, walk: Walk, environment: Environment, sizes: FindSizes, forecasts: FindForecasts
) -> Iterator[Finding]:  # fmt: skip
    """A revision locks a table for longer than the environment allows.

    Whoever reads or writes the table waits, and soon the application does. What each statement locks, writes anew
    and scans is seen while it runs on a scratch database; how long that takes is forecast at the target's own sizes,
    and held against the budget of `[env.NAME.locks]`: so many rows, for so long. Sizes come from the target's
    statistics, or from `NAME.sizes.json` in the project's root (`dbops migrate stats export`). A pending revision is
    measured at three sizes on a copy of the target's schema and carried on from there, with an interval; scratch
    hardware is not the target's. Where it cannot be measured, the time is reckoned from what a statement was seen to
    do. A revision that the target has already is skipped.
    On SQLite a table that is made anew is an info: all other writers wait meanwhile.

    Take the way the finding names: CONCURRENTLY, NOT VALID and VALIDATE, batches, or a revision of its own.
    """
    from pytest_dbops.core.observed.budget import judge_locks, unjudged_locks
    from pytest_dbops.core.observed.measured import measured_or_rough

    require_applied(revision)
    if revision.met is None:
        raise DoesNotApply(ENDED_EARLY)
    observation = revision.observation
    if observation is None:
        raise CannotJudge(revision.unobserved)
    if _locks_whole_file(observation):
        yield from _made_anew(revision, observation)
        return
    budget = environment.policy.locks
    if not budget.is_limited:
        return
    target = sizes()
    if revision.revision in target.applied:
        raise DoesNotApply("the target has it already")
    known = _known(revision, walk, target)
    forecast = measured_or_rough(observation, lambda: forecasts().of(revision.revision))
    for finding in judge_locks(observation, known, budget, environment=environment.name, forecast=forecast):
        yield _placed(revision, finding)
    for reason in unjudged_locks(observation, known, budget):
        raise CannotJudge(reason)


def _known(revision: WalkedRevision, walk: Walk, target: TargetSizes) -> Sizes | None:
    """Return the sizes once the revisions before this one are deployed."""
    from pytest_dbops.core.observed.target import sizes_before

    earlier = []
    for each in walk.revisions:
        if each.revision == revision.revision:
            break
        if each.observation is not None and each.revision not in target.applied:
            earlier.append(each.observation)
    return sizes_before(target, earlier)


def _placed(revision: WalkedRevision, finding: Finding) -> Finding:
    line = next((row["line"] for row in finding.evidence if row.get("line")), revision.line)
    return replace(
        finding,
        message=f"{revision.revision!r} ({revision.file}:{line}): {finding.message}",
        identity=f"{revision.revision} {finding.identity}",
    )


def _locks_whole_file(observation: Observation) -> bool:
    from pytest_dbops.core.observed import RelationKind

    return any(lock.kind is RelationKind.DATABASE for each in observation.statements for lock in each.locks)


def _made_anew(revision: WalkedRevision, observation: Observation) -> Iterator[Finding]:
    held_ms = max((lock.held_ms for each in observation.statements for lock in each.locks), default=0.0)
    found = {rewrite.table: each for each in observation.statements for rewrite in each.rewrites}
    for table, statement in sorted(found.items()):
        yield Finding(
            table,
            f"{revision.revision!r} ({revision.file}:{statement.line or revision.line}) makes {table} anew, every row"
            " of it; meanwhile nobody else writes to the file",
            evidence=({"statement": statement.sql, "line": statement.line, "held_ms_when_rehearsed": round(held_ms)},),
            identity=f"{revision.revision} makes anew",
            severity=Severity.INFO,
        )
