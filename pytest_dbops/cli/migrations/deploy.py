"""`dbops migrate deploy`: bring a database to the head, one revision after the other, under a lock."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.deploying import RESULT, add_limits, add_policy, request_of, say_result
from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.operations.deploying.plan import Plan

JSON = Shape({**RESULT, "rehearsed": "what a dry run was made on; empty for a real one"})
_MORE = """\
Refuses first: what the policy wants (exit 4, --force NAME --reason TEXT), and
what nobody can override (exit 1): several heads, rows the code does not know,
an applied revision that was edited. Then, on PostgreSQL: a lock that other
deploys wait for; each revision in a transaction of its own, with its row in
the version table and in the journal (dbops.journal); tried again when another
session kept it from a lock. On SQLite: all of it on a copy, which is put in
place at the end, or thrown away. A deploy that was killed is run again.
--dry-run touches nothing: what is pending runs on a scratch database.
"""
_EXAMPLES = """\
examples:
  dbops migrate deploy --env staging
  dbops migrate deploy --env staging --dry-run
  dbops migrate deploy --env production --force full_gate --reason "hotfix 12"
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(verbs, "deploy", "run what is pending, one revision at a time", more=_MORE, epilog=_EXAMPLES)
    verb.add_argument("--dry-run", action="store_true", help="rehearse on a scratch database, and touch nothing")
    verb.add_argument("--to", metavar="REVISION", help="stop there: an id, LABEL@head, +N, or heads (default: head)")
    verb.add_argument("--again", action="append", default=[], metavar="REVISION",
                      help="run a revision that was interrupted on what it left")  # fmt: skip
    add_policy(verb)
    add_limits(verb)


def run(context: Context) -> int:
    """Deploy, or rehearse it, and print what became of each revision."""
    from pytest_dbops.operations.deploying.deploy import apply_plan, plan_deploy

    request = request_of(context)
    plan = plan_deploy(context.config, request, progress=context.progress)
    if request.is_dry:
        return _rehearse(context, plan)
    done = apply_plan(context.config, request, plan, progress=context.progress)
    return say_result(context, done, {"rehearsed": ""})


def _rehearse(context: Context, plan: Plan) -> int:
    from pytest_dbops.operations.deploying.dry_run import rehearse_plan

    rehearsed, place = rehearse_plan(context.config, plan, progress=context.progress)
    if not context.is_json:
        context.say(f"rehearsed {place}; {plan.environment.name} itself was only read")
    return say_result(context, rehearsed, {"rehearsed": place})
