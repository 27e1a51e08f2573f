"""`dbops maintenance`: plan what keeps a database healthy, run what keeps nobody waiting, and prove that it helped."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.maintaining import auto, plan, tasks

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

_VERBS = {"plan": plan, "auto": auto, "tasks": tasks}
JSON = {name: verb.JSON for name, verb in _VERBS.items()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=" | ".join(_VERBS), title="verbs")
    for verb in _VERBS.values():
        verb.add_arguments(verbs)


def run(context: Context) -> int:
    """Do what was asked for."""
    code: int = _VERBS[context.args.verb].run(context)
    return code
