"""`dbops migrate verify`: rehearse every revision, and say of each what came of it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import REPORT

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.outcome import CheckResult
    from pytest_dbops.operations.verification import Verification

JSON = REPORT
_MORE = """\
Each revision goes up, down and up again on a scratch database of the product of
the environment; the environment itself is not connected to. The table has a
column for each question that the gate asks of a revision; what it asks of the
history as a whole, and why something failed, stands below. Ends with 0, with 1
when something failed, with 3 when something could not be judged.
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    add_verb(
        verbs, "verify", "rehearse every revision on a scratch database", more=_MORE,
        epilog="example:\n  dbops migrate verify --env testing",
    )  # fmt: skip


def run(context: Context) -> int:
    """Rehearse, print the table and return what the verdict says."""
    from pytest_dbops.cli.gate import CODES
    from pytest_dbops.operations.aside import descriptor_aside
    from pytest_dbops.operations.verification import verify_migrations
    from pytest_dbops.reports.masking import masked

    request = context.request()
    with descriptor_aside():
        verified = verify_migrations(request, progress=context.progress)
    if context.is_json:
        from pytest_dbops.reports.json_report import render_json

        context.say_raw(render_json(masked(verified.report, context.mask)))
    else:
        _say(context, verified)
    return CODES[verified.report.judgement.verdict]


def _say(context: Context, verified: Verification) -> None:
    from pytest_dbops.cli.terminal import paint_for, table

    rows = [("REVISION", *(name.upper().replace("_", " ") for name in verified.questions))]
    rows += [(revision, *(_word(result) for result in results)) for revision, results in verified.rows]
    context.say(table(rows, paint=paint_for(sys.stdout)))
    for line in _lines(verified.report.results):
        context.say(line)


def _word(result: CheckResult | None) -> str:
    return result.outcome.value if result is not None else "-"


def _lines(results: Sequence[CheckResult]) -> list[str]:
    """Return a line a finding, and one a reason for all that could not be judged because of it."""
    lines: dict[str, list[str]] = {}
    for result in results:
        name = result.id.partition("::")[2]
        found = [each.message + (f" ({each.hint})" if each.hint else "") for each in result.findings]
        is_unsaid = not found and result.outcome.value in ("inconclusive", "failed")
        for text in [result.reason] if is_unsaid else found:
            lines.setdefault(text, []).append(name)
    return [f"{_names(names)}: {text}" for text, names in lines.items()]


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
