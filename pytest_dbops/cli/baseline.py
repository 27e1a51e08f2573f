"""`dbops baseline`: adopt the gate in a database that has findings already."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape
from pytest_dbops.core.errors import CannotJudge

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
    from pytest_dbops.config.baseline import refuse_other_file, write_baseline
    from pytest_dbops.core.outcome import Outcome
    from pytest_dbops.operations.aside import descriptor_aside
    from pytest_dbops.operations.health import check_health

    path, request = Path(context.args.output), context.request()
    refuse_other_file(path)
    with descriptor_aside():
        report, gate = check_health(request, progress=context.progress)
    tolerated = gate.config.gate.may_skip
    unjudged = [r for r in report.results if r.outcome is Outcome.INCONCLUSIVE and r.code not in tolerated]
    if unjudged:
        raise CannotJudge(
            f"{len(unjudged)} checks could not be judged, so a baseline would hide what they find; "
            f"first: {unjudged[0].code} {unjudged[0].reason}"
        )
    findings = [finding for result in report.results for finding in result.findings]
    written = write_baseline(path, [replace(one, message=context.mask(one.message)) for one in findings])
    environment = report.target.environment
    if context.is_json:
        context.say_json({"file": str(path), "findings": written, "environment": environment})
    else:
        word = "finding" if written == 1 else "findings"
        context.say(f"{path}: {written} {word} of {environment}")
        context.say(f'use it: pytest --dbops-env={environment} --dbops-baseline={path}, or [gate] baseline = "{path}"')
    return 0
