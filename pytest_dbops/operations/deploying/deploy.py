"""Bring an environment's database to the head of the project's migrations."""

from __future__ import annotations

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.deploy.order import to_apply
from pytest_dbops.core.deploy.outcome import DeployedRevision
from pytest_dbops.core.deploy.preconditions import Providers, need_refusals, write_refusals
from pytest_dbops.core.errors import DbopsError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.order import Ran, RunOrder, run_revisions
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.deploying.plan import DeployRequest, Plan, make_plan, usable_environment

NOBODY = Providers()


@frozen
class Deployed:
    """What a deploy or a rollback ended with; problem: what ended it before its end, None when nothing did."""

    plan: Plan
    deploy: str
    revisions: tuple[DeployedRevision, ...]
    problem: DbopsError | None


def plan_deploy(config: Config, request: DeployRequest, *, progress: Progress, providers: Providers = NOBODY) -> Plan:
    """Return what a deploy would run now; raises what stands in its way, see `make_plan`."""
    environment = usable_environment(config, request.environment)
    refusals = (*write_refusals(environment), *need_refusals(environment, providers, now=request.now))
    return make_plan(
        config, request, environment, lambda history, applied: to_apply(history, applied, request.to),
        refusals=refusals, progress=progress,
    )  # fmt: skip


def apply_plan(config: Config, request: DeployRequest, plan: Plan, *, progress: Progress) -> Deployed:
    """Run a plan; one without revisions touches nothing."""
    order = RunOrder(
        planned=plan.planned, is_downgrade=plan.is_downgrade, actor=request.actor, reason=request.reason,
        overridden=[each.name.value for each in plan.overridden], again=request.again, about=plan.about,
        limits=request.limits, called=f"database of {plan.environment.name!r}",
    )  # fmt: skip
    if not plan.planned:
        return Deployed(plan, order.deploy, (), None)
    ran = _run(config, plan, order, progress)
    what = "rollback" if plan.is_downgrade else "deploy"
    logger = logger_of("migrations")
    for each in ran.revisions:
        logger.info("%s %s of %s: %s %s", what, order.deploy, plan.environment.name, each.revision, each.fate.value)
    if ran.problem is not None:
        logger.error("%s %s of %s ended: %s", what, order.deploy, plan.environment.name, ran.problem)
    elif config.project.metadata:
        from pytest_dbops.operations.encryption.marks import mark_after

        mark_after(config, plan.environment)
    return Deployed(plan, order.deploy, ran.revisions, ran.problem)


def _run(config: Config, plan: Plan, order: RunOrder, progress: Progress) -> Ran:
    assert plan.environment.url is not None
    url = plain_url(plan.environment.url.reveal())
    if plan.environment.dialect == "sqlite":
        from pytest_dbops.operations.deploying.sqlite_copy import run_on_copy

        return run_on_copy(config, order, url, progress=progress)
    return run_revisions(config, order, url, progress=progress)
