"""`dbops baseline`: adopt the gate in a database that has findings already."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import CannotJudge

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

DEFAULT_FILE = "dbops-baseline.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `write`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="write")
    write = verbs.add_parser("write", help="run the checks and write their findings to a file")
    write.add_argument("--output", default=DEFAULT_FILE, metavar="FILE", help=f"the file (default: {DEFAULT_FILE})")


def run(context: Context) -> int:
    """Write the findings that stand today; refuses to when checks could not be judged."""
    from pytest_dbops.config.baseline import write_baseline
    from pytest_dbops.core.outcome import Outcome
    from pytest_dbops.operations.health import check_health

    try:
        report, _ = check_health(context.request(), progress=context.progress)
    finally:
        context.end_progress()
    unjudged = [result for result in report.results if result.outcome is Outcome.INCONCLUSIVE]
    if unjudged:
        raise CannotJudge(
            f"{len(unjudged)} checks could not be judged, so a baseline would hide what they find; "
            f"first: {unjudged[0].code} {unjudged[0].reason}"
        )
    path = Path(context.args.output)
    written = write_baseline(path, [finding for result in report.results for finding in result.findings])
    if context.is_json:
        context.say_json({"file": str(path), "findings": written})
    else:
        context.say(f"{path}: {written} findings (use it: pytest --dbops-env={report.target.environment} "
                    f"--dbops-baseline={path}, or [gate] baseline in dbops.toml)")  # fmt: skip
    return 0
