"""`dbops baseline`: adopt the gate in a database that has findings already."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

DEFAULT_FILE = "dbops-baseline.json"
JSON = {
    "write": Shape(
        {
            "file": "the file that was written",
            "findings": "number of findings in it",
            "environment": "whose findings they are",
        }
    )
}
_WRITE = """\
Every finding that stands today is written to a file by its fingerprint: check,
object and statement, never a line or a timing. With that file only new
findings fail. Waived findings are not written: their waiver expires by itself.
Refused with 3 when a check could not be judged, as its findings would be lost.
An older baseline is replaced; any other file is left alone, and no folder is made.
"""
_EXAMPLES = """\
example:
  dbops baseline write --env staging
  pytest --dbops-env=staging --dbops-baseline=dbops-baseline.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `write`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="write", title="verbs")
    write = add_verb(
        verbs, "write", "ask all checks and write their findings to a file", more=_WRITE, epilog=_EXAMPLES
    )  # fmt: skip
    write.add_argument("--output", default=DEFAULT_FILE, metavar="FILE", help=f"the file (default: {DEFAULT_FILE})")


def run(context: Context) -> int:
    """Write the findings that stand today; refuses to when checks could not be judged."""
    from pytest_dbops.operations.adopt import write_todays_findings

    path = Path(context.args.output)
    done = write_todays_findings(context.request(), path, progress=context.progress)
    if context.is_json:
        context.say_json({"file": str(path), "findings": done.findings, "environment": done.environment})
    else:
        word = "finding" if done.findings == 1 else "findings"
        context.say(f"{path}: {done.findings} {word} of {done.environment}")
        use = f"pytest --dbops-env={done.environment} --dbops-baseline={path}"
        context.say(f'use it: {use}, or [gate] baseline = "{path}"')
    return 0
