"""`dbops maintenance tasks`: the kinds of steps there are."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

JSON = Shape(
    {
        "name": "as --task takes it",
        "about": "what it does",
        "dialects": "products that know it",
        "codes": "checks it answers",
        "lock": "as the product's manual writes it",
        "is_blocking": "whether others wait for it longer than a moment",
        "runs_alone": "whether auto may run it",
        "kept_back": "why a person has to, empty when auto may",
    },
    is_list=True,
)


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    add_verb(verbs, "tasks", "list the kinds of steps, their locks, and which of them auto may run")


def run(context: Context) -> int:
    """Print the kinds of steps; connects nowhere."""
    from pytest_dbops.core.maintenance.tasks import TASKS

    if context.is_json:
        names = ("name", "about", "dialects", "codes", "lock", "is_blocking", "kept_back")
        context.say_json(
            [{**{n: getattr(task, n) for n in names}, "runs_alone": task.may_run_alone} for task in TASKS.values()]
        )
        return 0
    from pytest_dbops.cli.terminal import paint_for, table

    rows = [("TASK", "AUTO", "ANSWERS", "LOCK", "WHAT IT DOES")]
    rows += [
        (task.name, "yes" if task.may_run_alone else "no", " ".join(task.codes) or "-", task.lock, task.about)
        for task in TASKS.values()
    ]
    context.say(table(rows, paint=paint_for(sys.stdout)))
    return 0
