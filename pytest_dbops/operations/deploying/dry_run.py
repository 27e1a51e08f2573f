"""Rehearse a deploy where it can do no harm: a scratch database with the target's schema, on which the plan is run."""

from __future__ import annotations

from pytest_dbops.config.model import Config
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.deploy import Deployed
from pytest_dbops.operations.deploying.order import RunOrder, run_revisions
from pytest_dbops.operations.deploying.plan import Plan
from pytest_dbops.operations.deploying.scratch_schema import put_target_schema
from pytest_dbops.operations.embedded import drop_embedded
from pytest_dbops.operations.rehearsal import scratch_database
from pytest_dbops.operations.runs import Run

OWN_SCHEMA = "on a scratch database with the target's own schema, without its rows"


def rehearse_plan(config: Config, plan: Plan, *, progress: Progress) -> tuple[Deployed, str]:
    """Return what became of each revision of a plan on a scratch database, and what that database was made of.

    The target is only read. Times are those of empty tables.
    """
    order = RunOrder(plan.planned, actor="rehearsal", about=plan.about)
    if not plan.planned:
        return Deployed(plan, "", (), None), OWN_SCHEMA
    run = Run(None)
    try:
        with scratch_database(config, plan.environment, run, progress) as url:
            why = put_target_schema(config, plan, url, progress=progress)
            ran = run_revisions(config, order, url, progress=progress)
    finally:
        run.end(lambda owned: drop_embedded(owned, config))
    place = f"on a scratch database made by the project's own history: {why}" if why else OWN_SCHEMA
    return Deployed(plan, "", ran.revisions, ran.problem), place
