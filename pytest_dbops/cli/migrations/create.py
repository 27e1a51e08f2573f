"""`dbops migrate create`: a new revision, with a downgrade that is not forgotten."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = Shape(
    {
        "id": "id of the new revision",
        "down": "ids of the revisions it follows",
        "files": "files that were written, relative to the project, the revision's own first",
    }
)
_MORE = """\
The file is made from the project's script.py.mako, by alembic, in a process
that can reach no database. The description becomes its docstring; the downgrade
raises, with words, until it is written. With --sql the statements go into
NAME/migration.sql and NAME/rollback.sql beside the revision, which runs them as
they are; NAME/metadata.json says whether in a transaction. With several heads,
--head says which is followed. Nothing is changed when anything is refused.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(
        verbs, "create", "write a new revision", more=_MORE,
        epilog="example:\n  dbops migrate create add_notes --description 'Add notes to invoices'",
    )  # fmt: skip
    verb.add_argument("name", metavar="NAME", help="part of the file's name, as in add_notes")
    verb.add_argument("--description", required=True, metavar="TEXT", help="what it does and why, in one line or more")
    verb.add_argument("--sql", action="store_true", help="make files of SQL that the revision runs")
    verb.add_argument("--head", metavar="REVISION", help="what it follows: an id, LABEL@head, heads (a merge), or base")


def run(context: Context) -> int:
    """Write the revision and say what to do next."""
    from pytest_dbops.operations.migrations.create import create_python_revision, create_sql_revision

    args = context.args
    create = create_sql_revision if args.sql else create_python_revision
    created = create(context.config, args.name, args.description, head=args.head)
    if context.is_json:
        context.say_json(created)
        return 0
    for file in created.files:
        context.say(f"wrote    {file}")
    context.say(f"revision {created.id}, which follows {', '.join(created.down) or 'nothing'}")
    first = created.files[1] if args.sql else created.files[0]
    context.say(f"next     write {first}, then its way back; then: dbops migrate sql --revisions {created.id}")
    return 0
