"""`dbops migrate reset`: empty a database and build it again; production never."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.deploying import JSON, add_limits, add_policy, request_of, say_result
from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.core.errors import UsageError

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

__all__ = ["JSON", "add_arguments", "run"]

_MORE = """\
Drops everything in the database, rows included, and applies all revisions. A
production environment is refused, whatever is forced; any other where its
policy lets nothing be dropped (exit 4). --yes says that this is meant. What the
tool itself builds (an embedded environment) is built anew. An extension stays.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(
        verbs, "reset", "drop everything and apply all revisions, in no production", more=_MORE,
        epilog="example:\n  dbops migrate reset --env testing --yes",
    )  # fmt: skip
    verb.add_argument("--yes", action="store_true", help="drop everything that is in the database")
    add_policy(verb)
    add_limits(verb)


def run(context: Context) -> int:
    """Reset, and print what became of each revision."""
    from pytest_dbops.operations.deploying.reset import reset_database

    request = request_of(context)
    if not context.args.yes:
        raise UsageError("a reset drops everything that is in the database (if that is meant: --yes)")
    done = reset_database(context.config, request, progress=context.progress)
    if done is not None:
        return say_result(context, done)
    from pytest_dbops.config.resolve import find_environment

    name = find_environment(context.config, request.environment).name
    if context.is_json:
        blank: dict[str, object] = {key: [] for key in ("refusals", "overridden", "revisions")}
        context.say_json({"environment": name, "database": "", "deploy": "", **blank, "problem": None})
    else:
        context.say(f"{name}: built anew")
    return 0
