"""`dbops migrate history`: the revisions of the code, and what is wrong with them."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.history import History, HistoryProblem, Revision

REVISION = "id, down, depends_on, labels, title, file, line, upgrade_line, downgrade_line, downgrade, digest"
JSON = Shape(
    {
        "revisions": f"those of the range, oldest first: {REVISION}, irreversible_reason",
        "heads": "ids of the revisions nothing follows, of the whole history",
        "bases": "ids of the revisions that follow nothing",
        "problems": "what is wrong with the history: kind, revision, file, line, message, hint",
    }
)
_MORE = """\
Revisions are read as text: nothing of the project is imported, nothing is
connected to. REVERSIBLE says what the downgrade does: yes, no with its words,
empty, or missing. Ends with 1 when alembic would refuse the history.

ranges: all, last:N, A:B (both included), A:, :B, A:+2, -2:B, -3 (the last
three), an id or the beginning of one, a branch label, head, heads, base,
LABEL@head, head-2.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(
        verbs, "history", "list the revisions, oldest first, and whether each can be taken back", more=_MORE,
        epilog="examples:\n  dbops migrate history\n  dbops migrate history --revisions last:5",
    )  # fmt: skip
    verb.add_argument("--revisions", default="all", metavar="RANGE", help="only these (default: all)")


def run(context: Context) -> int:
    """Print the revisions of a range; 1 when the history is broken."""
    from pytest_dbops.core.history import select_revisions
    from pytest_dbops.operations.migrations.project import project_history

    history = project_history(context.config)
    chosen = select_revisions(history, context.args.revisions)
    if context.is_json:
        facts = {"heads": history.heads, "bases": history.bases, "problems": history.problems}
        context.say_json({"revisions": chosen, **facts})
    else:
        _say_table(context, history, chosen)
        say_problems(context, history.problems)
    return 1 if history.breaking else 0


def say_problems(context: Context, problems: Sequence[HistoryProblem]) -> None:
    """Print one line a problem."""
    from pytest_dbops.cli.terminal import paint_for
    from pytest_dbops.reports.paint import Style

    paint = paint_for(sys.stdout)
    for problem in problems:
        context.say(f"{paint('problem', Style.BAD if problem.kind.breaks else Style.WARNING)}  {problem}")


def _say_table(context: Context, history: History, chosen: Sequence[Revision]) -> None:
    from pytest_dbops.cli.terminal import paint_for, table

    if not chosen:
        context.say("no revisions" if history.revisions else "the history is empty")
        return
    followers: dict[str, int] = {}
    for revision in history.revisions:
        for down in revision.down:
            followers[down] = followers.get(down, 0) + 1
    rows = [("REVISION", "FOLLOWS", "REVERSIBLE", "MARKS", "TITLE")]
    rows += [
        (each.id, ", ".join(each.down) or "-", _reversible(each), _marks(each, history, followers), each.title)
        for each in chosen
    ]
    context.say(table(rows, paint=paint_for(sys.stdout)))
    for each in chosen:
        if each.irreversible_reason:
            context.say(f"{each.id} cannot be taken back: {each.irreversible_reason}")


def _reversible(revision: Revision) -> str:
    from pytest_dbops.core.history import Downgrade

    words = {Downgrade.RUNS: "yes", Downgrade.RAISES: "no"}
    return words.get(revision.downgrade, revision.downgrade.value)


def _marks(revision: Revision, history: History, followers: dict[str, int]) -> str:
    marks = [f"[{label}]" for label in revision.labels]
    marks += ["head"] if revision.id in history.heads else []
    marks += ["fork"] if followers.get(revision.id, 0) > 1 else []
    marks += ["merge"] if len(revision.down) > 1 else []
    marks += [f"needs {', '.join(revision.depends_on)}"] if revision.depends_on else []
    return " ".join(marks)
