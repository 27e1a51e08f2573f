"""How a plan and its steps are shown, as text and as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.maintenance.step import Step
    from pytest_dbops.operations.maintaining.plan import MaintenancePlan

PLAN_KEYS = {
    "environment": "name of the environment",
    "database": "name of the database, or the file",
    "server": "product and version",
    "hash": "the same for the same statements in the same order",
    "steps": "by benefit: task, code, subject, severity, reason, statements, lock, is_blocking, size_bytes, seconds,"
    " basis, window, rollback, runs_alone, kept_back, note",
    "unjudged": "checks that had no answer, a line each; of what they ask, nothing is planned",
}
PLAN = Shape(PLAN_KEYS)


def plan_json(plan: MaintenancePlan) -> dict[str, object]:
    """Return a plan in the shape of PLAN."""
    return {
        "environment": plan.environment.name,
        "database": plan.identity.database,
        "server": plan.identity.server,
        "hash": plan.hash,
        "steps": [step_json(step) for step in plan.steps],
        "unjudged": plan.unjudged,
    }


def step_json(step: Step) -> dict[str, object]:
    """Return a step as an object of plain values."""
    names = ("task", "code", "subject", "reason", "statements", "lock", "is_blocking", "size_bytes", "seconds",
             "basis", "window", "rollback", "runs_alone", "kept_back", "note")  # fmt: skip
    return {"severity": step.severity.label, **{name: getattr(step, name) for name in names}}


def say_plan(context: Context, plan: MaintenancePlan, *, nothing: str = "nothing to do") -> None:
    """Print where the plan is for, its steps or that there is nothing, and what could not be judged."""
    alone = len(plan.alone)
    counted = f"{len(plan.steps)} step{'' if len(plan.steps) == 1 else 's'}, {alone} of them for auto"
    context.say(
        f"{plan.environment.name}: {plan.identity.database} on {plan.identity.host}, {plan.identity.server}: "
        + (counted if plan.steps else nothing)
    )
    for number, step in enumerate(plan.steps, start=1):
        for line in step_lines(number, step):
            context.say(line)
    for line in plan.unjudged:
        context.say(f"not judged  {line}")


def step_lines(number: int, step: Step) -> Iterator[str]:
    """Yield a step as a heading and a line for each thing to know of it."""
    from pytest_dbops.core.threshold import render_bytes, render_duration

    yield ""
    yield f"{number}  {step.task} {step.subject}  [{step.code or 'own files'}, {step.severity.label}]"
    blocks = "others wait for it" if step.is_blocking else "nobody waits for it"
    told = {
        "why": step.reason,
        "lock": f"{step.lock}; {blocks}",
        "takes": f"about {render_duration(step.seconds)}, {render_bytes(step.size_bytes)} ({step.basis})",
        "when": step.window.value,
        "back": step.rollback,
        "note": step.note,
        "by hand": step.kept_back,
    }
    yield f"   {'why':<8}{told.pop('why')}"
    for statement, times in ((text, len(list(same))) for text, same in groupby(step.statements)):
        yield f"   {'run':<8}{statement};" + (f"  ({times} times)" if times > 1 else "")
    yield from (f"   {name:<8}{text}" for name, text in told.items() if text)
