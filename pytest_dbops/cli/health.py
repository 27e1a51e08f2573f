"""`dbops health`: the checks of the gate by the plain runner."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_dbops.cli.shapes import REPORT

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.report import Report
    from pytest_dbops.core.session import Statistics

JSON = {"": REPORT}
_ABOUT = """\
Ask the checks of the gate without pytest, and print the report. Nothing is
written: the target is read inside one read-only transaction, and no report
file is left. Checks chosen by --category or --check are judged alone; such a
run may end with 0, but it says that it was partial.
"""
_EXAMPLES = """\
examples:
  dbops health --env staging
  dbops health --env production --cost catalog --format nagios
  dbops health --check SCH004 --check PRF002

exit codes: 0 ok, 1 blocked, 3 inconclusive; with --format nagios those of
Nagios: 0 ok, 1 warning, 2 critical, 3 unknown
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of health."""
    parser.description, parser.epilog = _ABOUT, _EXAMPLES
    parser.add_argument("--category", dest="categories", action="append", default=[], metavar="NAME",
                        help="ask only this category, as in schema; may be given again")  # fmt: skip
    parser.add_argument("--check", dest="codes", action="append", default=[], metavar="CODE",
                        help="ask only this check, as in SCH003, or by its name; may be given again")  # fmt: skip
    parser.add_argument("--cost", default="full", choices=("catalog", "sample", "full"),
                        help="most a check may read: catalog (no table data), sample, or full (default)")  # fmt: skip
    parser.add_argument("--revisions", metavar="RANGE",
                        help="revisions to judge: pending, all, last:N, A:B, or one id")  # fmt: skip
    parser.add_argument("--fresh", action="store_true",
                        help="rehearse also the revisions that an earlier run has judged")  # fmt: skip
    parser.add_argument("--baseline", metavar="FILE",
                        help="let only findings count that are not in this file")  # fmt: skip


def run(context: Context) -> int:
    """Ask the checks, print the result, and return 0, 1 or 3 (with nagios: 0 to 3 as Nagios has it)."""
    from pytest_dbops.core.check import Cost
    from pytest_dbops.core.session import Statistics
    from pytest_dbops.operations.aside import descriptor_aside
    from pytest_dbops.operations.health import check_health

    args, chosen_format = context.args, context.format
    request = context.request(
        cost=Cost(args.cost),
        baseline=Path(args.baseline) if args.baseline else None,
        revisions=args.revisions,
        is_fresh=args.fresh,
    )
    with descriptor_aside():
        report, gate = check_health(request, categories=args.categories, codes=args.codes, progress=context.progress)
    return print_report(context, report, chosen_format, gate.published("statistics", Statistics))


def print_report(
    context: Context, report: Report, chosen_format: str, statistics: Statistics | None = None, *,
    more: Mapping[str, object] = MappingProxyType({}),
) -> int:  # fmt: skip
    """Print the report of some checks and return the exit code of its verdict.

    statistics: of which Nagios is told numbers. more: keys of a command's own in JSON.
    """
    from pytest_dbops.cli.gate import CODES
    from pytest_dbops.core.verdict import Scope
    from pytest_dbops.reports.masking import masked

    clean = masked(report, context.mask)
    if chosen_format == "nagios":
        from pytest_dbops.reports.measures import measures_of
        from pytest_dbops.reports.nagios import nagios_status, render_nagios

        args = context.args
        asks_a_part = args.codes or args.categories or args.cost != "full" or args.revisions
        asked = Scope.PARTIAL if asks_a_part else Scope.FULL
        context.say(render_nagios(clean, measures_of(statistics), asked=asked).rstrip("\n"))
        return int(nagios_status(clean, asked=asked))
    if chosen_format == "json":
        from pytest_dbops.reports.json_report import render_json

        context.say_raw(render_json(clean, {name: context.plain(value) for name, value in more.items()}))
    else:
        from pytest_dbops.cli.parsing import columns
        from pytest_dbops.cli.terminal import paint_for
        from pytest_dbops.reports.text import render_text

        context.say(render_text(clean, width=columns(), paint=paint_for(sys.stdout)).rstrip("\n"))
    return CODES[clean.judgement.verdict]
