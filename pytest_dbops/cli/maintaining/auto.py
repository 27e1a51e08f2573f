"""`dbops maintenance auto`: run what keeps nobody waiting, and show what each step changed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.maintaining.asking import add_choice, request_of
from pytest_dbops.cli.maintaining.showing import PLAN_KEYS, plan_json, say_plan, step_json
from pytest_dbops.cli.migrations.deploying import add_policy
from pytest_dbops.cli.parsing import add_verb, count, seconds
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.operations.maintaining.auto import Maintained
    from pytest_dbops.operations.maintaining.plan import MaintenancePlan

JSON = Shape(
    {
        **PLAN_KEYS,
        "run": "id under which the journal has it; empty where nothing was run",
        "done": "what became of each step that auto runs: step, fate, before, after, why, duration_s, attempts",
        "cleared": "what an earlier run had left half-done, and is gone now",
        "refusals": "of a dry run: what the policy would have against it, a line each",
        "overridden": "names of the refusals that were overridden",
        "problem": "what speaks against the run; null when every step did what it was for",
    }
)
_MORE = """\
Makes the plan, and runs the steps of it that keep nobody waiting: each under
the environment's lock_timeout, all of them within --budget, under the lock of
deploys, and written to the journal (dbops.journal). After each step its check
is asked again; one that is not bettered is said so. What was stopped in the
middle leaves nothing: a half-built index is dropped at once, or by the next run.
--dry-run prints what would be run.
"""
_EXAMPLES = """\
examples:
  dbops maintenance auto --env staging --dry-run
  dbops maintenance auto --env production --budget 1800
  dbops maintenance auto --env staging --task vacuum --task analyze

exit codes: 0 every step did what it was for, 1 a step failed or bettered
nothing, 3 a step was put off or could not be judged, 4 refused by policy
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(verbs, "auto", "run the steps that keep nobody waiting, and measure", more=_MORE, epilog=_EXAMPLES)
    verb.add_argument("--dry-run", action="store_true", help="print what would be run, and touch nothing")
    add_choice(verb)
    verb.add_argument("--budget", dest="budget_s", type=seconds, metavar="SECONDS",
                      help="for all steps together (default: 600)")  # fmt: skip
    verb.add_argument("--wait", dest="wait_s", type=seconds, metavar="SECONDS",
                      help="for a deploy or another run to end (default: 60)")  # fmt: skip
    verb.add_argument("--lock-timeout", dest="lock_s", type=seconds, metavar="SECONDS",
                      help="of a statement for a lock (default: lock_timeout_s of the environment)")  # fmt: skip
    verb.add_argument("--concurrent-timeout", dest="concurrent_s", type=seconds, metavar="SECONDS",
                      help="of a build without blocking, for older transactions (default: 60)")  # fmt: skip
    verb.add_argument("--attempts", type=count, metavar="N",
                      help="how often a step is tried that somebody was in the way of (default: 4)")  # fmt: skip
    add_policy(verb)


def run(context: Context) -> int:
    """Run the steps, or show which would be; prints what became of each."""
    from pytest_dbops.operations.maintaining.auto import apply_plan, plan_auto

    request = request_of(context)
    plan = plan_auto(context.config, request, progress=context.progress)
    if request.is_dry:
        _say_dry(context, plan)
        return 0
    done = apply_plan(context.config, request, plan, progress=context.progress)
    if context.is_json:
        context.say_json(_json(done))
    else:
        _say(context, done)
    if done.shortfall is not None:
        raise done.shortfall
    return 0


def _json(done: Maintained) -> dict[str, object]:
    told = [
        {
            "step": step_json(each.step), "fate": each.fate, "before": each.before, "after": each.after,
            "why": each.why, "duration_s": round(each.duration_s, 3), "attempts": each.attempts,
        }
        for each in done.steps
    ]  # fmt: skip
    return {
        **plan_json(done.plan), "run": done.run, "done": told, "cleared": done.cleared,
        "refusals": [each.message for each in done.plan.refusals],
        "overridden": [each.name for each in done.plan.overridden],
        "problem": str(done.shortfall) if done.shortfall else None,
    }  # fmt: skip


def _say_dry(context: Context, plan: MaintenancePlan) -> None:
    from dataclasses import replace

    from pytest_dbops.cli.migrations.deploying import say_refused
    from pytest_dbops.operations.maintaining.auto import Maintained

    if context.is_json:
        context.say_json(_json(Maintained(plan, "", ())))
        return
    say_refused(context, plan.refusals)
    say_plan(context, replace(plan, steps=plan.alone), nothing="nothing that auto may run")
    _say_by_hand(context, plan)


def _say(context: Context, done: Maintained) -> None:
    plan = done.plan
    named = f", run {done.run}" if done.run else ""
    context.say(f"{plan.environment.name}: {plan.identity.database} on {plan.identity.host}{named}")
    for refusal in plan.overridden:
        context.say(f"overridden {refusal.name.value}: {refusal.message}")
    for name in done.cleared:
        context.say(f"cleared   {name}, which a run that was ended had left")
    for each in done.steps:
        context.say("")
        context.say(f"{each.fate.value:<13}{each.step.task} {each.step.subject}  [{each.step.code or 'own files'}]"
                    + (f"  {each.duration_s:.2f} s" if each.attempts else ""))  # fmt: skip
        for name in ("before", "after", "why"):
            if text := getattr(each, name):
                context.say(f"   {name:<8}{text}")
    if not done.steps:
        context.say("nothing that auto may run")
    _say_by_hand(context, plan)
    for line in plan.unjudged:
        context.say(f"not judged   {line}")


def _say_by_hand(context: Context, plan: MaintenancePlan) -> None:
    """Print what a person has to run, a line each."""
    by_hand = [step for step in plan.steps if not step.runs_alone]
    if by_hand:
        context.say("")
    for step in by_hand:
        context.say(f"by hand      {step.task} {step.subject}  [{step.code}]: {step.kept_back}")
