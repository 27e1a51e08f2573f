"""`dbops migrate`: look at a project's migrations, write new ones, and bring a database to them and back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations import (
    create,
    deploy,
    history,
    reset,
    rollback,
    sql,
    stats,
    status,
    verify,
)

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

_VERBS = {
    "history": history,
    "status": status,
    "verify": verify,
    "deploy": deploy,
    "rollback": rollback,
    "reset": reset,
    "create": create,
    "sql": sql,
    "stats": stats,
}
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
