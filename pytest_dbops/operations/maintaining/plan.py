"""What maintenance would do, and what stands in its way; reads the target, writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from pytest_dbops.config.model import Config
from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.config.resolve import use_environment
from pytest_dbops.core.check import Cost
from pytest_dbops.core.deploy.preconditions import Refusal, RefusalName, in_force, write_refusals
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import PolicyRefused, UsageError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.step import Step, by_benefit
from pytest_dbops.core.maintenance.tasks import TASKS, Task, tasks_of
from pytest_dbops.core.session import Identity
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.maintaining.looking import Look, look
from pytest_dbops.operations.maintaining.own_files import cleaning
from pytest_dbops.operations.maintaining.planning import steps_for


@frozen
class MaintenanceRequest:
    """What is asked for.

    tasks: kinds of steps by name; none for all. cost: how much a check may read. budget_s: for all steps of a run;
    wait_s: for another run to end. lock_s: for one lock, None for the environment's own. concurrent_s: of a build
    without blocking, for older transactions. attempts: of a step that somebody was in the way of. forced: names of
    refusals to override, for `reason`. actor: as the journal will name them.
    """

    environment: str | None
    now: datetime
    actor: str = ""
    tasks: Sequence[str] = ()
    cost: Cost = Cost.FULL
    budget_s: float = 600.0
    wait_s: float = 60.0
    lock_s: float | None = None
    concurrent_s: float = 60.0
    attempts: int = 4
    forced: Sequence[str] = ()
    reason: str = ""
    is_dry: bool = False


@frozen
class MaintenancePlan:
    """Steps in the order of their benefit, and what was read to find them.

    unjudged: checks that had no answer, a line each: of what they ask, nothing is planned.
    refusals, overridden: what the policy has against running it.
    """

    environment: Environment
    identity: Identity
    steps: tuple[Step, ...]
    unjudged: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    overridden: tuple[Refusal, ...] = ()

    @property
    def alone(self) -> tuple[Step, ...]:
        """The steps that `auto` runs."""
        return tuple(step for step in self.steps if step.runs_alone)

    @property
    def hash(self) -> str:
        """The same for the same statements in the same order."""
        text = "\x1f".join(statement for step in self.steps for statement in step.statements)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def maintainable_environment(config: Config, name: str | None) -> Environment:
    """Return an environment that can be maintained: one with a URL of its own."""
    environment = use_environment(config, name)
    if environment.url is None:
        raise UsageError(
            f"environment {environment.name!r} is embedded: it is built anew when the migrations change, and needs no"
            " maintenance (name another one: --env)"
        )
    return environment


def make_plan(config: Config, request: MaintenanceRequest, *, progress: Progress) -> MaintenancePlan:
    """Return the steps that what the checks find asks for.

    Raises UsageError for an unknown kind of step, and what keeps the database from being read.
    """
    for name in request.tasks:
        if name not in TASKS:
            raise UsageError(
                f"there is no task {name!r}{nearest_hint(name, TASKS)} (list them: dbops maintenance tasks)"
            )
    environment = maintainable_environment(config, request.environment)
    chosen = _chosen(environment.dialect, request.tasks)
    progress(f"asking the checks of {environment.name}")
    codes = {code for task in chosen for code in task.codes}
    names = {task.name for task in chosen}
    archives = config.archives if "archive_rows" in names else ()
    seen = look(Look(config, environment, request.now, request.cost, archives), codes)
    steps = [step for step in steps_for(seen) if step.task in names]
    if "clean_files" in names and (own := cleaning(config, environment.name, now=request.now)):
        steps.append(own)
    return MaintenancePlan(environment, seen.identity, by_benefit(steps), seen.unjudged)


def refuse(plan: MaintenancePlan, request: MaintenanceRequest) -> MaintenancePlan:
    """Return the plan with what the policy has against it; raises PolicyRefused with what nobody overrode."""
    known = [RefusalName.MAY_WRITE.value, RefusalName.MAY_DESTROY.value]
    for name in request.forced:
        if name not in known:
            raise UsageError(f"--force {name!r} is no refusal of maintenance (one of {', '.join(known)})")
    if request.forced and not request.reason.strip():
        raise UsageError("--force needs a reason, which the journal keeps (--reason 'why it has to be')")
    standing, overridden = in_force(write_refusals(plan.environment), request.forced)
    if standing and not request.is_dry:
        raise PolicyRefused(f"{standing[0].message} (or override it: --force {standing[0].name.value} --reason TEXT)")
    return MaintenancePlan(plan.environment, plan.identity, plan.steps, plan.unjudged, standing, overridden)


def _chosen(dialect: str, names: Sequence[str]) -> tuple[Task, ...]:
    known = tasks_of(dialect)
    for name in names:
        if dialect not in TASKS[name].dialects:
            raise UsageError(f"task {name!r} is for {' and '.join(TASKS[name].dialects)}, not {dialect}")
    return tuple(task for task in known if not names or task.name in names)
