"""`dbops migrate status`: what is applied, what is pending, and what does not fit together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.history import REVISION, say_problems
from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.operations.migrations.status import Status

JSON = Shape(
    {
        "environment": "name of the environment",
        "dialect": "postgresql or sqlite",
        "server": "product and version",
        "host": "host, or directory of the socket, or the file",
        "database": "name of the database, or the file",
        "version_table": "the table that was read, with its schema; empty when there is none: nothing is applied",
        "applied": "rows of the version table, sorted",
        "code_heads": "ids of the revisions that nothing in the code follows",
        "pending": f"what an upgrade would run, in order: {REVISION}, irreversible_reason",
        "unknown": "rows that are no revision of the code: the database is ahead of it, or of another branch",
        "overlapping": "rows that another row implies; alembic refuses to upgrade from them",
        "problems": "what is wrong with the history: kind, revision, file, line, message, hint",
        "forecasts": "of what is pending, as it was last measured: hardware, at, revisions",
        "is_at_head": "whether exactly what the code has is applied",
    }
)
_MORE = """\
Reads the version table in one read-only transaction, and the revisions as text;
the project is not imported. The table is the one that env.py names, else
alembic_version; a database without it has nothing applied. Ends with 0 at the
head and also with revisions pending (see is_at_head), with 1 when a row is
unknown or rows or heads conflict, with 3 when the database cannot be read.
"""
_AHEAD = (
    "is no revision of the code: the database is ahead of it, or was migrated from another branch"
    " (deploy the code that has it, or bring its file back)"
)
_OVERLAPS = "is implied by another row; alembic refuses to upgrade from both (delete the row of the older one)"


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(
        verbs, "status", "say which revisions a database has, and which are pending", more=_MORE,
        epilog="example:\n  dbops migrate status --env staging --format json",
    )  # fmt: skip
    add_version_table(verb)


def add_version_table(verb: argparse.ArgumentParser) -> None:
    """Add the option for an env.py that computes the name of its table."""
    verb.add_argument(
        "--version-table", default="", metavar="[SCHEMA.]NAME", help="the version table (default: as env.py says)"
    )


def run(context: Context) -> int:
    """Print where the database stands; 1 when that is not certain."""
    from pytest_dbops.operations.migrations.status import read_status

    context.start_logging(context.environment)
    status = read_status(
        context.config, context.environment, progress=context.progress, version_table=context.args.version_table
    )
    if context.is_json:
        context.say_json({key: getattr(status, key) for key in JSON.keys})
    else:
        _say(context, status)
    return 0 if status.is_clear else 1


def _say(context: Context, status: Status) -> None:
    from pytest_dbops.core.observed.durations import kept_in_words

    context.say(f"{status.environment}: {status.database} on {status.host}, {status.server}")
    nothing = "nothing" + ("" if status.version_table else " (there is no version table)")
    context.say(f"  applied   {', '.join(status.applied) or nothing}")
    context.say(f"  code      {', '.join(status.code_heads) or 'no revisions'}")
    at_head = "none: the database is at the head" if status.is_at_head else "none"
    context.say(f"  pending   {len(status.pending) or at_head}")
    for number, revision in enumerate(status.pending, start=1):
        context.say(f"  {number:>3}. {revision.id}  {revision.title}  ({revision.file}:{revision.line})")
        if told := kept_in_words(status.forecasts, revision.id):
            context.say(f"       {told.removeprefix('; ')}")
    for row in status.unknown:
        context.say(f"  unknown   {row!r} {_AHEAD}")
    for row in status.overlapping:
        context.say(f"  conflict  {row!r} {_OVERLAPS}")
    say_problems(context, status.problems)
