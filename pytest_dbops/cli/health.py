"""`dbops health`: the checks of the gate by the plain runner."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of health."""
    parser.add_argument("--category", dest="categories", action="append", default=[], metavar="NAME",
                        help="ask only this category; may be given more than once")  # fmt: skip
    parser.add_argument("--check", dest="codes", action="append", default=[], metavar="CODE",
                        help="ask only this check, by its code; may be given more than once")  # fmt: skip
    parser.add_argument("--cost", default="full", choices=("catalog", "sample", "full"),
                        help="most a check may read (default: full)")  # fmt: skip
    parser.add_argument("--baseline", metavar="FILE", help="let only findings count that are not in this file")


def run(context: Context) -> int:
    """Ask the checks, print the result, and return 0, 1 or 3 (with nagios: 0 to 3 as Nagios has it)."""
    from pytest_dbops.core.check import Cost
    from pytest_dbops.operations.health import check_health

    args, chosen_format = context.args, context.format
    baseline = Path(args.baseline) if args.baseline else None
    try:
        report, _ = check_health(
            context.request(cost=Cost(args.cost), baseline=baseline),
            categories=args.categories,
            codes=args.codes,
            progress=context.progress,
        )
    finally:
        context.end_progress()
    return _print(context, report, chosen_format)


def _print(context: Context, report: Report, chosen_format: str) -> int:
    from pytest_dbops.cli.gate import CODES

    if chosen_format == "nagios":
        from pytest_dbops.reports.nagios import nagios_status, render_nagios

        context.say(render_nagios(report))
        return int(nagios_status(report))
    if chosen_format == "json":
        from pytest_dbops.reports.json_report import render_json

        sys.stdout.write(context.mask(render_json(report)))
    else:
        from pytest_dbops.cli.terminal import paint_for, width
        from pytest_dbops.reports.text import render_text

        context.say(render_text(report, width=width(), paint=paint_for(sys.stdout)).rstrip("\n"))
    return CODES[report.judgement.verdict]
