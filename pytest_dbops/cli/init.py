"""`dbops init`: the first dbops.toml of an alembic project."""

from __future__ import annotations

import argparse
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from pytest_dbops.cli.shapes import Shape
from pytest_dbops.core.errors import UsageError

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = {
    "": Shape(
        {
            "migrations": "alembic's script folder, relative to the project",
            "metadata": "MODULE:NAME of the MetaData, empty when it was not found",
            "note": "why the MetaData was not found, else empty",
            "written": "files that were written, or would be with --dry-run",
            "kept": "files that were there already and are untouched",
            "ignore": "lines that .gitignore lacks",
            "is_dry_run": "whether nothing was written",
        }
    )
}
_ABOUT = """\
Write a dbops.toml, an example .sql check and an example .py check into a
project that has alembic migrations. The script folder is found through
alembic.ini, pyproject.toml or an env.py; the MetaData in env.py's
target_metadata. Nothing of the project is imported, no file is overwritten and
nothing is connected to. What .gitignore lacks is told, never written. Refused
where pyproject.toml holds [tool.dbops].
"""
_EXAMPLES = """\
examples:
  dbops init --dry-run
  dbops init services/billing --metadata billing.models:Base
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder and what can be named by hand."""
    parser.description, parser.epilog = _ABOUT, _EXAMPLES
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="the project's root (default: here)")
    parser.add_argument("--migrations", metavar="PATH", help="alembic's script folder or alembic.ini, if not found")
    parser.add_argument("--metadata", metavar="MODULE:NAME", help="the SQLAlchemy MetaData, if not found")
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def run(context: Context) -> int:
    """Write the files that are not there yet and say what to do next."""
    from pytest_dbops.operations.initialise import apply_init, plan_init, unignored

    args = context.args
    root = Path(args.folder).resolve()
    if not root.is_dir():
        raise UsageError(f"{args.folder!r} is no folder")
    plan = plan_init(root, migrations=args.migrations, metadata=args.metadata)
    written = tuple(name for name, _ in plan.files) if args.dry_run else apply_init(plan)
    if context.is_json:
        found = {"migrations": plan.found.migrations, "metadata": plan.found.metadata, "note": plan.found.note}
        context.say_json(
            {
                **found,
                "written": written,
                "kept": plan.kept,
                "ignore": unignored(root),
                "is_dry_run": args.dry_run,
            }
        )
        return 0
    context.say(f"migrations  {plan.found.migrations}")
    missing = f"not found: {plan.found.note} (name it: --metadata MODULE:NAME)"
    context.say(f"metadata    {plan.found.metadata or missing}")
    for name in written:
        context.say(f"{'would write' if args.dry_run else 'wrote':<11} {name}")
    for name in plan.kept:
        context.say(f"{'kept':<11} {name}, which is there already")
    if lines := unignored(root):
        context.say(f"{'ignore':<11} {', '.join(lines)} (add to .gitignore, one a line)")
    if written and not args.dry_run:
        there = "" if root == Path.cwd() else f"cd {quote(args.folder)} && "
        context.say(f"next        {there}pytest --dbops-env=development")
    return 0
