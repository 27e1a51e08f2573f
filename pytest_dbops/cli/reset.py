"""`dbops reset`: empty a database, migrate it and seed it anew; production never."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.deploying import add_limits, add_policy
from pytest_dbops.cli.seed import JSON as SEED
from pytest_dbops.cli.seed import add_amount, say_seeded
from pytest_dbops.cli.seed import request_of as seeds_of
from pytest_dbops.core.errors import UsageError

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = {"": SEED["all"]}
_ABOUT = """\
Drop everything in the environment's database, apply all revisions and run all
seeders. Refused in production, whatever is forced, and where the policy lets
nothing be dropped (exit 4). --yes says that this is meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how much is seeded, and the word that it is meant."""
    parser.description, parser.epilog = _ABOUT, "example:\n  dbops reset --env testing --yes"
    parser.add_argument("--yes", action="store_true", help="drop everything that is in the database")
    add_amount(parser)
    add_policy(parser)
    add_limits(parser)


def run(context: Context) -> int:
    """Reset, and print what became of each seeder."""
    from pytest_dbops.cli.migrations.deploying import request_of
    from pytest_dbops.operations.seeding.setup import reset_and_seed

    if not context.args.yes:
        raise UsageError("a reset drops everything that is in the database (if that is meant: --yes)")
    request = request_of(context)
    return say_seeded(context, reset_and_seed(context.config, request, seeds_of(context), progress=context.progress))
