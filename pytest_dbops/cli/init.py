"""`dbops init`: the first dbops.toml of an alembic project."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from pytest_dbops.cli.shapes import Shape
from pytest_dbops.core.errors import UsageError
from pytest_dbops.core.frozen import frozen

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
            "baseline": "the file of today's findings, empty without --baseline",
            "findings": "number of findings in it",
            "is_named": "whether dbops.toml names that file",
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

With --seeds an example of a seeder is written too, also where a dbops.toml is
there already: ten lines, with `clean`, for a table of your own.

With --baseline the checks are then asked of an environment (development, or
--env), and what they find today is written down: old defects are known, and
each new revision is judged in full. Refused with 3 when a check could not be
judged, as its findings would be lost; run it again then, nothing is done twice.
"""
_EXAMPLES = """\
examples:
  dbops init --dry-run
  dbops init --baseline
  dbops init services/billing --metadata billing.models:Base
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder and what can be named by hand."""
    parser.description, parser.epilog = _ABOUT, _EXAMPLES
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="the project's root (default: here)")
    parser.add_argument("--migrations", metavar="PATH", help="alembic's script folder or alembic.ini, if not found")
    parser.add_argument("--metadata", metavar="MODULE:NAME", help="the SQLAlchemy MetaData, if not found")
    parser.add_argument("--baseline", action="store_true",
                        help="ask all checks and write today's findings to dbops-baseline.json, which the new"
                        " dbops.toml names: from then on only new findings fail")  # fmt: skip
    parser.add_argument("--seeds", action="store_true", help="write an example of a seeder to seeds/ as well")
    parser.add_argument("--dry-run", action="store_true", help="show what would be written, and write nothing")


def run(context: Context) -> int:
    """Write the files that are not there yet and say what to do next."""
    from pytest_dbops.operations.initialise import (
        CONFIG_FILE,
        SEEDS,
        apply_init,
        names_seeders,
        plan_init,
        unignored,
    )  # fmt: skip

    args = context.args
    root = Path(args.folder).resolve()
    if not root.is_dir():
        raise UsageError(f"{args.folder!r} is no folder")
    plan = plan_init(root, migrations=args.migrations, metadata=args.metadata, with_seeds=args.seeds)
    written = tuple(name for name, _ in plan.files) if args.dry_run else apply_init(plan)
    adopted = _adopt(context, root) if args.baseline and not args.dry_run else _NOTHING
    if context.is_json:
        found = {"migrations": plan.found.migrations, "metadata": plan.found.metadata, "note": plan.found.note}
        files = {"written": written, "kept": plan.kept, "ignore": unignored(root), "is_dry_run": args.dry_run}
        context.say_json({**found, **files, **asdict(adopted)})
        return 0
    context.say(f"migrations  {plan.found.migrations or 'none'}")
    missing = f"not found: {plan.found.note} (name it: --metadata MODULE:NAME)"
    context.say(f"metadata    {plan.found.metadata or missing}")
    for name in written:
        context.say(f"{'would write' if args.dry_run else 'wrote':<11} {name}")
    if args.seeds and CONFIG_FILE in plan.kept and not names_seeders(root):
        context.say(f'{"add":<11} to [project] of {CONFIG_FILE}: seeders = "{SEEDS}"')
    for name in plan.kept:
        context.say(f"{'kept':<11} {name}, which is there already")
    if lines := unignored(root):
        context.say(f"{'ignore':<11} {', '.join(lines)} (add to .gitignore, one a line)")
    _say_adopted(context, adopted)
    if (written or adopted.baseline) and not args.dry_run:
        there = "" if root == Path.cwd() else f"cd {quote(args.folder)} && "
        context.say(f"next        {there}pytest --dbops-env={context.environment or 'development'}")
    return 0


@frozen
class _Adopted:
    """What --baseline did; see JSON."""

    baseline: str = ""
    findings: int = 0
    is_named: bool = False


_NOTHING = _Adopted()


def _adopt(context: Context, root: Path) -> _Adopted:
    """Write today's findings down beside the configuration, and let that name them."""
    from pytest_dbops.config.load import load_config
    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.operations.adopt import DEFAULT_FILE, name_baseline, write_todays_findings
    from pytest_dbops.operations.gate import GateRequest
    from pytest_dbops.operations.initialise import CONFIG_FILE

    file = root / CONFIG_FILE
    config = load_config(file, variables=os.environ, mask=context.mask)
    name = config.gate.baseline or DEFAULT_FILE
    request = GateRequest(
        file, find_environment(config, context.environment).name, os.environ, datetime.now(UTC), mask=context.mask
    )
    done = write_todays_findings(request, root / name, progress=context.progress)
    return _Adopted(name, done.findings, name_baseline(file, name))


def _say_adopted(context: Context, adopted: _Adopted) -> None:
    if not adopted.baseline:
        return
    word = "finding" if adopted.findings == 1 else "findings"
    context.say(f"baseline    {adopted.baseline}: {adopted.findings} {word} known, only new ones fail")
    if not adopted.is_named:
        context.say(f'            add to [gate]: baseline = "{adopted.baseline}"')
