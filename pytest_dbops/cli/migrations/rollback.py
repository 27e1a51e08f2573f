"""`dbops migrate rollback`: take revisions back, and lose no data that nobody has accepted to lose."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.deploying import (
    RESULT,
    add_limits,
    add_policy,
    planned_json,
    request_of,
    say_refusals,
    say_result,
)
from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.operations.deploying.rollback import RollbackPlan

_LOSSES = {
    "losses": "what is lost, a line each, counted in the database itself",
    "hash": "by which these losses are accepted; null when nothing is lost",
    "note": "what could not be looked at; empty when all was",
}
JSON = Shape({**RESULT, **_LOSSES})
_MORE = """\
Runs the downgrades, the last revision first, under the lock and in the journal
as a deploy does. What they empty is found out on a scratch database with
made-up rows; how much that is, the rows of the database itself tell. When data
is lost, it ends with 1 and prints a hash, and runs only with --accept-loss and
that hash: other rows or other revisions have another one. A revision that
cannot be taken back is refused. --dry-run ends after the account.
"""
_EXAMPLES = """\
examples:
  dbops migrate rollback --env staging
  dbops migrate rollback --env staging --to ae10c3f2 --dry-run
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(verbs, "rollback", "take revisions back, the last one first", more=_MORE, epilog=_EXAMPLES)
    verb.add_argument("--dry-run", action="store_true", help="say what is taken back and lost, and touch nothing")
    verb.add_argument("--to", metavar="REVISION", help="keep it and what it needs: an id, or base (default: one step)")
    verb.add_argument("--accept-loss", default="", metavar="HASH", help="lose what the account of this hash says")
    add_policy(verb)
    add_limits(verb)


def run(context: Context) -> int:
    """Say what is lost; then roll back and print what became of each revision."""
    from pytest_dbops.operations.deploying.deploy import apply_plan
    from pytest_dbops.operations.deploying.rollback import plan_rollback

    request = request_of(context)
    plan = plan_rollback(context.config, request, progress=context.progress)
    losses: dict[str, object] = {
        "losses": plan.losses.lines, "hash": None if plan.losses.is_empty else plan.hash, "note": plan.note,
    }  # fmt: skip
    if context.args.dry_run:
        return _say_plan(context, plan, losses)
    if not context.is_json:
        _say_losses(context, plan)
    plan.refuse_unaccepted(context.args.accept_loss)
    return say_result(context, apply_plan(context.config, request, plan.plan, progress=context.progress), losses)


def _say_plan(context: Context, plan: RollbackPlan, losses: dict[str, object]) -> int:
    if context.is_json:
        context.say_json({**planned_json(plan.plan), **losses})
        return 0
    say_refusals(context, plan.plan)
    _say_losses(context, plan)
    for each in plan.plan.planned:
        context.say(f"would take back {each.id}  {each.title}")
    if not plan.losses.is_empty:
        context.say(f"hash of these losses: {plan.hash}")
    return 0


def _say_losses(context: Context, plan: RollbackPlan) -> None:
    for line in plan.losses.lines:
        context.say(f"lost  {line}")
    if plan.note:
        context.say(f"note  {plan.note}")
