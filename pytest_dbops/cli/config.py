"""`dbops config`: what is in force and where it came from, and what is wrong with it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `show` and `validate`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="show | validate")
    show = verbs.add_parser("show", help="the effective configuration; secrets are masked")
    show.add_argument("--origin", action="store_true", help="say of each value where it came from")
    verbs.add_parser("validate", help="judge the file, the checks and the waivers without connecting anywhere")


def run(context: Context) -> int:
    """Print the configuration, or its problems; 2 when there are any."""
    return _show(context) if context.args.verb == "show" else _validate(context)


def _show(context: Context) -> int:
    from pytest_dbops.config.show import effective_values, render_config

    if context.is_json:
        context.say_json(
            [
                {"table": v.table, "key": v.key, "value": v.value, "origin": v.origin}
                for v in effective_values(context.config)
            ]
        )
    else:
        context.say(render_config(context.config, origin=context.args.origin).rstrip("\n"))
    return 0


def _validate(context: Context) -> int:
    from pytest_dbops.config.validate import validate

    problems = [*validate(context.config), *_problems_of_gates(context)]
    if context.is_json:
        context.say_json({"file": str(context.config_file), "problems": problems})
    elif problems:
        for problem in problems:
            context.say(problem)
    else:
        context.say(f"{context.config_file}: no problem found")
    return 2 if problems else 0


def _problems_of_gates(context: Context) -> list[str]:
    """Return what keeps the gate from being collected: checks that do not load, codes that do not exist."""
    from pytest_dbops.core.errors import DbopsError
    from pytest_dbops.operations.gate import prepare_gate

    try:
        prepare_gate(context.request(), progress=context.progress)
    except DbopsError as err:
        return [str(err)]
    return []
