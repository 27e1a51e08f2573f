"""`dbops migrate deploy`: bring a database to the head, one revision after the other, under a lock."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_dbops.cli.migrations.deploying import RESULT, add_limits, add_policy, request_of, say_result
from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context
    from pytest_dbops.operations.deploying.dry_run import DryRun
    from pytest_dbops.operations.deploying.plan import Plan

OF_DRY_RUN = {
    "rehearsed": "what a dry run was made on; empty for a real one, as are the next",
    "findings": "of a dry run: what the gate's questions say of the planned revisions: subject, message, hint,"
    " evidence, identity, severity, code, stands_for",
    "unjudged": "of a dry run: what could not be judged, a line each",
    "drift": "of a dry run: how the target differs from what its revision makes: subject, difference, renamed",
    "forecasts": "of a dry run: hardware, at, and revisions: revision, whole, statements, unknown; times in ms",
}
JSON = Shape({**RESULT, **OF_DRY_RUN})
_MORE = """\
Refuses first: what the policy wants (exit 4, --force NAME --reason TEXT), and
what nobody can override (exit 1): several heads, rows the code does not know,
an applied revision that was edited. Then, on PostgreSQL: a lock that other
deploys wait for; each revision in a transaction of its own, with its row in
the version table and in the journal (dbops.journal); tried again when another
session kept it from a lock. On SQLite: all of it on a copy, which is put in
place at the end, or thrown away. A deploy that was killed is run again.
--dry-run only reads: what is pending goes up, down and up again on a scratch
copy of the target's schema, over generated rows, and is measured at three sizes
for a forecast at the target's own. It ends with 1 where the deploy would stop,
with 3 where no copy can be made.
"""
_EXAMPLES = """\
examples:
  dbops migrate deploy --env staging
  dbops migrate deploy --env staging --dry-run
  dbops migrate deploy --env production --force full_gate --reason "hotfix 12"
"""


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verb = add_verb(verbs, "deploy", "run what is pending, one revision at a time", more=_MORE, epilog=_EXAMPLES)
    verb.add_argument("--dry-run", action="store_true", help="rehearse on a scratch database, and touch nothing")
    verb.add_argument("--to", metavar="REVISION", help="stop there: an id, LABEL@head, +N, or heads (default: head)")
    verb.add_argument("--again", action="append", default=[], metavar="REVISION",
                      help="run a revision that was interrupted on what it left")  # fmt: skip
    add_policy(verb)
    add_limits(verb)


def run(context: Context) -> int:
    """Deploy, or rehearse it, and print what became of each revision."""
    from pytest_dbops.operations.deploying.deploy import apply_plan, plan_deploy

    request = request_of(context)
    plan = plan_deploy(context.config, request, progress=context.progress)
    if request.is_dry:
        return _rehearse(context, plan)
    done = apply_plan(context.config, request, plan, progress=context.progress)
    empty: dict[str, object] = {"rehearsed": "", "findings": [], "unjudged": [], "drift": [], "forecasts": None}
    return say_result(context, done, empty)


def _rehearse(context: Context, plan: Plan) -> int:
    from pytest_dbops.operations.deploying.dry_run import rehearse_plan

    found = rehearse_plan(context.config, plan, progress=context.progress)
    if not context.is_json:
        _say(context, found)
    more: dict[str, object] = {
        "rehearsed": found.place, "findings": found.findings, "unjudged": found.unjudged,
        "drift": found.drift.objects, "forecasts": found.forecasts,
    }  # fmt: skip
    return say_result(context, found.deployed, more)


def _say(context: Context, found: DryRun) -> None:
    """Print what a rehearsal found; the table of what became of each revision follows."""
    from pytest_dbops.core.observed.durations import forecast_in_words, in_words

    name = found.deployed.plan.environment.name
    context.say(f"rehearsed {found.place}; {name} itself was only read")
    for each in found.drift.objects:
        for line in (
            (each.difference if not each.difference.is_empty else each.renamed).render(limit=20).splitlines()[1:]
        ):
            context.say(f"drift     {line}")
    if found.drift_unknown:
        context.say(f"drift     not known: {found.drift_unknown}")
    for forecast in found.forecasts.revisions:
        if forecast.whole is None:
            context.say(f"forecast  {forecast.revision}: not known: {forecast.unknown}")
            continue
        context.say(f"forecast  {forecast.revision}: {forecast_in_words(forecast.whole, found.forecasts.hardware)}")
        for statement in forecast.statements:
            if statement.estimate.is_measured and statement.estimate.growth.value != "constant":
                context.say(f"          {in_words(statement.estimate.ms):>8}  {statement.sql[:90]}")
    for finding in found.findings:
        level = finding.severity.name.lower() if finding.severity else ""
        context.say(f"{level:<9} {finding.code} {finding.message}" + (f" ({finding.hint})" if finding.hint else ""))
    for line in found.unjudged:
        context.say(f"unjudged  {line}")
