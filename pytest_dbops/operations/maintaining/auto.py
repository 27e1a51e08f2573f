"""Run the steps of a plan that keep nobody waiting, one by one, and ask the check of each again."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence

from pytest_dbops.backends import maintainer_for
from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.model import Config
from pytest_dbops.core.deploy.journal import Entry, Event
from pytest_dbops.core.errors import Blocked, DbopsError, TimedOut
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.outcome import DoneStep, Fate
from pytest_dbops.core.maintenance.step import Step
from pytest_dbops.migrating.deploying.beside import MAINTENANCE, Beside, open_beside
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.deploying.plain_url import plain_url
from pytest_dbops.operations.deploying.plan import refuse_unfit
from pytest_dbops.operations.maintaining.journal import unfinished
from pytest_dbops.operations.maintaining.plan import MaintenancePlan, MaintenanceRequest, make_plan, refuse
from pytest_dbops.operations.maintaining.turns import Budget, Turns


@frozen
class Maintained:
    """What a run ended with.

    run: under which the journal has it; empty when there was nothing to do. steps: of those that `auto` runs.
    cleared: what an earlier run had left half-done, and is gone now. problem: what ended it before its end.
    """

    plan: MaintenancePlan
    run: str
    steps: tuple[DoneStep, ...]
    cleared: tuple[str, ...] = ()
    problem: DbopsError | None = None

    @property
    def shortfall(self) -> DbopsError | None:
        """What the run fell short of, in one line; None when every step did what it was for."""
        if self.problem is not None:
            return self.problem
        for fates, kind in ((_BAD, Blocked), (_OPEN, TimedOut)):
            found = [each for each in self.steps if each.fate in fates]
            if found:
                more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
                why = found[0].why or found[0].after
                return kind(f"step {found[0].step.task} of {found[0].step.subject!r} was {found[0].fate}: {why}{more}")
        return None


_BAD = (Fate.FAILED, Fate.NOT_BETTERED)
_OPEN = (Fate.PUT_OFF, Fate.UNJUDGED, Fate.NOT_RUN)


def plan_auto(config: Config, request: MaintenanceRequest, *, progress: Progress) -> MaintenancePlan:
    """Return what a run would do now; raises PolicyRefused where the policy forbids it, Blocked behind a pooler."""
    plan = refuse(make_plan(config, request, progress=progress), request)
    refuse_unfit(plan.identity, plan.environment, what="run of maintenance")
    return plan


def apply_plan(config: Config, request: MaintenanceRequest, plan: MaintenancePlan, *, progress: Progress) -> Maintained:
    """Run what keeps nobody waiting; a plan without such steps touches nothing.

    The lock is the one of deploys, so that neither runs beside the other. What ends the run before its end is in the
    result, with all that was done until then.
    """
    if not plan.alone:
        return Maintained(plan, "", ())
    run = secrets.token_hex(6)
    done: list[DoneStep] = []
    cleared: list[str] = []
    problem: DbopsError | None = None
    try:
        _run(config, request, plan, run, done, cleared, progress)
    except DbopsError as err:
        problem = err
    met = {each.step for each in done}
    rest = [DoneStep(step, Fate.NOT_RUN, step.reason) for step in plan.alone if step not in met]
    maintained = Maintained(plan, run, (*done, *rest), tuple(cleared), problem)
    _log(maintained)
    return maintained


def _run(
    config: Config, request: MaintenanceRequest, plan: MaintenancePlan, run: str, done: list[DoneStep],
    cleared: list[str], progress: Progress,
) -> None:  # fmt: skip
    environment = plan.environment
    assert environment.url is not None
    url, policy = environment.url.reveal(), environment.policy
    budget = Budget(
        request.budget_s, policy.lock_timeout_s if request.lock_s is None else request.lock_s, request.concurrent_s,
        request.attempts,
    )  # fmt: skip
    with open_beside(plain_url(url), application=MAINTENANCE, busy_s=budget.lock_s) as beside:
        beside.acquire(min(request.wait_s, request.budget_s), progress)
        _write_beginning(request, plan, run, beside)
        opening = maintainer_for(environment.dialect).open_worker(
            url, timeout_s=policy.connect_timeout_s, application=f"{MAINTENANCE} run"
        )
        with opening as worker:
            for entry, step in unfinished(beside.entries()):
                if entry.deploy == run:
                    continue
                found = worker.clear(step, budget.patience())
                cleared += found
                left = f"it left {', '.join(found)}, now dropped" if found else "it left nothing"
                beside.write(Entry(entry.deploy, Event.RESOLVED, actor=request.actor, detail=left))
            turns = Turns(config, request, environment, run, beside, worker, budget, progress)
            for step in plan.alone:
                turns.take(step, done)
        beside.write(Entry(run, Event.ENDED, actor=request.actor))


def _write_beginning(request: MaintenanceRequest, plan: MaintenancePlan, run: str, beside: Beside) -> None:
    about = json.dumps({"hash": plan.hash, "steps": _told(plan.alone)})
    beside.write(Entry(run, Event.MAINTENANCE, actor=request.actor, reason=request.reason, detail=about))
    for each in plan.overridden:
        beside.write(
            Entry(run, Event.OVERRIDDEN, actor=request.actor, reason=request.reason, detail=each.name.value)
        )  # fmt: skip


def _told(steps: Sequence[Step]) -> list[dict[str, str]]:
    return [{"task": step.task, "code": step.code, "subject": step.subject} for step in steps]


def _log(maintained: Maintained) -> None:
    logger, name = logger_of("maintenance"), maintained.plan.environment.name
    for each in maintained.steps:
        logger.info(
            "maintenance %s of %s: %s %s %s", maintained.run, name, each.step.task, each.step.subject, each.fate
        )
    if maintained.problem is not None:
        logger.error("maintenance %s of %s ended: %s", maintained.run, name, maintained.problem)
