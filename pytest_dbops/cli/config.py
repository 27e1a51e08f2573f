"""`dbops config`: what is in force and where it came from, and what is wrong with it."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = {
    "show": Shape(
        {
            "table": "table of dbops.toml",
            "key": "key in it",
            "value": "as TOML would write it; empty when nothing is configured",
            "origin": "where it came from: file and line, variable, command line or default",
        },
        is_list=True,
    ),
    "validate": Shape(
        {
            "file": "the configuration's file",
            "problems": "one line each; empty when all is well",
            "warnings": "one line for each file among the checks that holds none",
        }
    ),
}
_SHOW = """\
Prints what is in force, as TOML: the file, variables, the command line and the
defaults of each environment's kind together. URLs are shown as the references
they were given by; no secret is looked up.
"""
_VALIDATE = """\
Judges the configuration, the project's own checks, settings and waivers of
checks, the baseline, and whether MetaData and seeders import (in a process of
their own that can reach no database). Lists every problem, connects nowhere,
and ends with 2 when there is one. A Python file among the checks that holds
none is a warning.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `show` and `validate`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="show | validate", title="verbs")
    show = add_verb(verbs, "show", "show the configuration in force", more=_SHOW)
    show.add_argument("--origin", action="store_true", help="say of each value where it came from")
    add_verb(verbs, "validate", "list what is wrong with the project's files", more=_VALIDATE)


def run(context: Context) -> int:
    """Print the configuration, or its problems; 2 when there are any."""
    return _show(context) if context.args.verb == "show" else _validate(context)


def _show(context: Context) -> int:
    from pytest_dbops.config.show import effective_values, render_config

    if context.is_json:
        context.say_json(effective_values(context.config))
    else:
        context.say(render_config(context.config, origin=context.args.origin).rstrip("\n"))
    return 0


def _validate(context: Context) -> int:
    from pytest_dbops.operations.validation import validate_project

    found = validate_project(context.config_file, variables=os.environ, mask=context.mask)
    if context.is_json:
        context.say_json({"file": context.config_file, "problems": found.problems, "warnings": found.warnings})
    else:
        for warning in found.warnings:
            context.say(f"warning: {warning}")
        for problem in found.problems or (f"{context.config_file}: no problem found",):
            context.say(problem)
    return 2 if found.problems else 0
