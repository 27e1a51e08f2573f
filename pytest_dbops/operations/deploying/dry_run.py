"""Rehearse a deploy where it can do no harm: on scratch copies of the target's own schema, over generated rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.config.model import Config
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.catalog.drift import Drifts, drift
from pytest_dbops.core.deploy.outcome import DeployedRevision, Fate
from pytest_dbops.core.errors import Blocked, CannotJudge, DbopsError, DoesNotApply
from pytest_dbops.core.finding import Finding, in_reading_order
from pytest_dbops.core.forecast import Forecasts
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.history import ancestors, pending
from pytest_dbops.core.observed.sizes import Sizes, load_sizes, sizes_of
from pytest_dbops.core.observed.target import TargetSizes
from pytest_dbops.core.session import Session
from pytest_dbops.core.step_name import StepName
from pytest_dbops.core.walk import Failure, Walk, WalkedRevision
from pytest_dbops.core.walk.on_target import TargetRehearsal
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.deploy import Deployed
from pytest_dbops.operations.deploying.plan import Plan
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.environments import open_environment
from pytest_dbops.operations.migrations.drifting import catalog_before, history_catalog, target_difference
from pytest_dbops.operations.migrations.incremental import Judging
from pytest_dbops.operations.migrations.kept_forecasts import keep_forecasts
from pytest_dbops.operations.runs import Run
from pytest_dbops.operations.target_rehearsal import TargetOrder, not_planned, rehearse_on_target
from pytest_dbops.operations.target_schema import TargetSchema, read_target_schema

PLACE = "on a scratch copy of the target's own schema, over generated rows"


@frozen
class DryRun:
    """What a rehearsal of a plan found.

    findings: what the gate's questions of a revision say of the planned ones, worst first; unjudged: what they could
    not judge, a line each. drift: how the target differs from what its revision makes; `drift_unknown`: why that
    is not known.
    """

    deployed: Deployed
    findings: tuple[Finding, ...] = ()
    unjudged: tuple[str, ...] = ()
    drift: Drifts = field(default_factory=Drifts)
    drift_unknown: str = ""
    forecasts: Forecasts = field(default_factory=Forecasts)
    place: str = PLACE


@frozen
class _Target:
    schema: TargetSchema
    catalog: Catalog
    sizes: TargetSizes


def rehearse_plan(config: Config, plan: Plan, *, progress: Progress) -> DryRun:
    """Return what became of each revision of a plan; the target is only read.

    Raises CannotJudge when no copy of the target can be made, with what is missing.
    """
    if not plan.planned:
        return DryRun(Deployed(plan, "", (), None))
    run = Run(None)
    try:
        target = _read(config, plan, progress)
        left_out = not_planned([each.id for each in pending(plan.history, plan.applied)], _ids(plan))
        order = TargetOrder(config, plan.environment, run, target.schema, target.sizes, left_out)
        rehearsed = rehearse_on_target(order, progress=progress)
        drifts, unknown = _drift(Judging(config, plan.environment, None, progress, lambda: run), plan, target)
    finally:
        run.end(lambda owned: drop_embedded(owned, config))
    keep_forecasts(config, plan.environment.name, plan.history, plan.applied, rehearsed.forecasts)
    findings, unjudged = _asked(config, plan, rehearsed, target.sizes)
    deployed = Deployed(plan, "", tuple(_fates(plan, rehearsed.walk)), _problem(rehearsed.walk, drifts))
    return DryRun(deployed, findings, unjudged, drifts, unknown, rehearsed.forecasts)


def _read(config: Config, plan: Plan, progress: Progress) -> _Target:
    """Read all that is wanted of the target in one session; the sizes from an exported file where it has none."""
    url = plan.environment.url
    assert url is not None
    with open_environment(config, plan.environment.name, progress=progress) as (environment, _, session):
        progress("copying the schema of the target")
        schema = read_target_schema(
            config, environment, session, url.reveal, version_table=plan.version_table, applied=plan.applied
        )
        catalog = backend_for(environment.dialect).read_catalog(session)
        sizes = _sizes(config, plan, session)
        session.verify()
    return _Target(schema, catalog, TargetSizes(sizes, frozenset(ancestors(plan.history, plan.applied))))


def _sizes(config: Config, plan: Plan, session: Session) -> Sizes | None:
    name = plan.environment.name
    try:
        return sizes_of(backend_for(session.dialect).read_statistics(session), name)
    except DbopsError:
        file = config.root / f"{name}.sizes.json"
        return load_sizes(file) if file.is_file() else None


def _drift(judging: Judging, plan: Plan, target: _Target) -> tuple[Drifts, str]:
    """Return how the target differs from what its revision makes, or why that is not known."""
    catalog = target.catalog
    try:
        expected = history_catalog(judging, plan.applied) if plan.applied else catalog_before(judging, catalog)
        ignored = judging.config.migrations.ignore_drift
        return drift(target_difference(judging, expected, catalog), ignored), ""
    except DbopsError as err:
        return Drifts(), str(err)


def _fates(plan: Plan, walk: Walk) -> Iterator[DeployedRevision]:
    for each in plan.planned:
        found = walk.revision(each.id)
        step = found.step(StepName.UPGRADE) if found is not None else None
        if step is None:
            yield DeployedRevision(each.id, each.title, Fate.NOT_RUN)
            continue
        fate = Fate.APPLIED if step.failure is None else Fate.FAILED
        yield DeployedRevision(each.id, each.title, fate, round(step.duration_s, 3), 1)


def _problem(walk: Walk, drifts: Drifts) -> DbopsError | None:
    """Return what would end the deploy, or what keeps the rehearsal from saying so."""
    for each in walk.revisions:
        if each.unjudged:
            return CannotJudge(f"revision {each.revision} was not rehearsed: {each.unjudged}")
        failure = _stops(each)
        if failure is not None:
            where = f"{each.file}:{failure.line or each.line}"
            said = f"{failure.kind}: {failure.message}"
            said += f" in {failure.statement[:200]!r}" if failure.statement else ""
            drifted = [one.subject for one in drifts.objects if not one.difference.is_empty]
            more = f"; the target has drifted in {', '.join(drifted[:5])}" if drifted else ""
            return Blocked(f"revision {each.revision} ({where}) fails on the target's own schema: {said}{more}")
    return None


def _stops(revision: WalkedRevision) -> Failure | None:
    """Return why a revision cannot be put in, or not over any row."""
    step = revision.step(StepName.UPGRADE)
    if step is not None and step.failure is not None:
        return step.failure
    refusal = revision.met.refusal if revision.met is not None else None
    return refusal.failure if refusal is not None and refusal.is_certain else None


def _asked(
    config: Config, plan: Plan, rehearsed: TargetRehearsal, sizes: TargetSizes
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Ask the gate's questions of each planned revision, of the rehearsal on the target's schema."""
    findings, unjudged = [], []
    checks = [each for each in builtin_checks() if each.step is not None]
    for revision in rehearsed.walk.revisions:
        given = {
            "revision": revision, "walk": rehearsed.walk, "environment": plan.environment, "sizes": lambda: sizes,
            "forecasts": lambda: rehearsed.forecasts, "downgrade_rule": config.migrations.downgrades,
        }  # fmt: skip
        for check in checks:
            try:
                for finding in check.function(**{name: given[name] for name in check.inputs}):
                    findings.append(replace(finding, code=check.code, severity=finding.severity or check.severity))
            except DoesNotApply:
                continue
            except CannotJudge as err:
                unjudged.append(f"{check.name} of {revision.revision}: {err}")
    return in_reading_order(findings), tuple(unjudged)


def _ids(plan: Plan) -> list[str]:
    return [each.id for each in plan.planned]
