"""`dbops setup`: from nothing to a database that is migrated, marked and seeded."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.deploying import add_limits, add_policy
from pytest_dbops.cli.seed import request_of as seeds_of
from pytest_dbops.cli.seed import say_seeded
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = {
    "": Shape(
        {
            "environment": "name of the environment",
            "configured": "files that --configure wrote",
            "is_created": "whether the database was made",
            "applied": "number of revisions that were applied",
            "rows": "number of rows that seeders made",
            "problem": "what ended it before its end; null when nothing did",
        }
    )
}
_ABOUT = """\
Make the environment's database where there is none, apply all revisions, mark
it as this environment's and seed it. What is there already is kept, so that a
second run does nothing. A project without seeders is only migrated. A
production environment is refused (exit 4).
--configure first writes a dbops.toml, if the project has none (see dbops init).
"""
_EXAMPLES = "examples:\n  dbops setup --env development\n  dbops setup --env staging --include-demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is to be included."""
    parser.description, parser.epilog = _ABOUT, _EXAMPLES
    parser.add_argument("--include-demo", dest="demo", action="store_true", help="seed at the size of a demonstration")
    parser.add_argument("--size", metavar="NAME", help="minimal, demo or load (default: as the environment's policy)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what random rows are made from (default: 1)")
    parser.add_argument("--configure", action="store_true", help="write a dbops.toml first, if there is none")
    add_policy(parser)
    add_limits(parser)


def run(context: Context) -> int:
    """Set up, and print what was done."""
    from pytest_dbops.cli.migrations.deploying import request_of
    from pytest_dbops.operations.seeding.setup import set_up

    configured = _configure() if context.args.configure else ()
    seeds = seeds_of(context)
    done = set_up(context.config, request_of(context), seeds, progress=context.progress)
    rows = sum(each.rows for each in done.seeded.results)
    if context.is_json:
        problem = str(done.seeded.problem) if done.seeded.problem else None
        context.say_json({
            "environment": done.environment, "configured": configured, "is_created": done.is_created,
            "applied": done.applied, "rows": rows, "problem": problem,
        })  # fmt: skip
        if done.seeded.problem is not None:
            raise done.seeded.problem
        return 0
    for name in configured:
        context.say(f"wrote {name}")
    made = "database made, " if done.is_created else ""
    context.say(
        f"{done.environment}: embedded, and at the head"
        if done.is_embedded
        else f"{done.environment}: {made}{done.applied} revisions applied"
    )
    if not context.config.project.seeders:
        context.say("the project names no seeders, so no rows were made (dbops init --seeds)")
        return 0
    return say_seeded(context, done.seeded)


def _configure() -> tuple[str, ...]:
    from pytest_dbops.operations.initialise import apply_init, plan_init

    return apply_init(plan_init(Path.cwd()))
