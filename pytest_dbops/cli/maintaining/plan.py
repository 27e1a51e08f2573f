"""`dbops maintenance plan`: what would help a database, in the order of its benefit."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.maintaining.asking import add_choice, request_of
from pytest_dbops.cli.maintaining.showing import PLAN, plan_json, say_plan
from pytest_dbops.cli.parsing import add_verb

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = PLAN
_MORE = """\
Asks the checks that a step can answer, as a gate does, and tells for each
finding the exact SQL, its lock and who waits for it, what it reads and how long
that takes, when to run it and how to take it back. What a waiver excuses is not
planned. Nothing is written.
"""
_EXAMPLES = """\
examples:
  dbops maintenance plan --env production
  dbops maintenance plan --env staging --cost catalog --format json
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(verbs, "plan", "tell what would help, in the order of its benefit", more=_MORE, epilog=_EXAMPLES)
    add_choice(verb)


def run(context: Context) -> int:
    """Make the plan and print it."""
    from pytest_dbops.operations.maintaining.plan import make_plan

    plan = make_plan(context.config, request_of(context), progress=context.progress)
    if context.is_json:
        context.say_json(plan_json(plan))
    else:
        say_plan(context, plan)
    return 0
