"""`dbops migrate sql`: what would run, as SQL."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.status import add_version_table
from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape
from pytest_dbops.core.errors import CannotJudge

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = Shape(
    {
        "dialect": "postgresql or sqlite",
        "direction": "upgrade or downgrade",
        "revisions": "in the order of running: id, sql, problem (why the SQL is not, or not all, there; else empty)",
        "forecasts": "of what is pending, as it was last measured: hardware, at, revisions",
        "sql": "the text to run, version table included; it ends before the first revision with a problem",
    }
)
_MORE = """\
Without --revisions, the version table of the environment is read (read-only),
and what is pending is written. With --revisions nothing is connected to, and
the environment only says for which product. The revisions run in alembic's
offline mode, in a process in which every connection is refused: what needs one
is said in a line, the text ends before it, and the command ends with 3 (JSON
has the others all the same). Ends with 5 when there is nothing to write.
"""
_EXAMPLES = """\
examples:
  dbops migrate sql --env staging
  dbops migrate sql --env staging --downgrade
  dbops migrate sql --revisions last:2 --format json
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(verbs, "sql", "write the SQL that revisions would run", more=_MORE, epilog=_EXAMPLES)
    verb.add_argument("--revisions", metavar="RANGE", help="these, as in history (default: what is pending)")
    verb.add_argument("--downgrade", action="store_true", help="the SQL that takes them back, the last one first")
    add_version_table(verb)


def run(context: Context) -> int:
    """Print the SQL; raises CannotJudge, after it, when some of it could not be written."""
    from pytest_dbops.core.forecast import Forecasts
    from pytest_dbops.core.observed.durations import kept_in_words
    from pytest_dbops.operations.migrations import preview

    args, config = context.args, context.config
    forecasts = Forecasts()
    if args.revisions:
        revisions = preview.chosen_revisions(config, args.revisions)
    else:
        status = preview.pending_status(
            config, context.environment, progress=context.progress, version_table=args.version_table
        )
        revisions = status.pending
        forecasts = Forecasts() if args.downgrade else status.forecasts
    write = preview.preview_downgrade if args.downgrade else preview.preview_upgrade
    found = write(config, revisions, environment=context.environment)
    if context.is_json:
        context.say_json(
            {"dialect": found.dialect, "direction": found.direction, "revisions": found.revisions, "sql": found.sql,
             "forecasts": forecasts}
        )  # fmt: skip
        return CannotJudge.exit_code if found.problems else 0
    for each in revisions:
        if told := kept_in_words(forecasts, each.id):
            context.say(f"-- {each.id}: {told.removeprefix('; ')}")
    if found.sql.strip():
        context.say(found.sql.rstrip())
    if found.problems:
        more = len(found.problems) - 1
        raise CannotJudge(found.problems[0] + (f" (and {more} more: --format json)" if more else ""))
    return 0
