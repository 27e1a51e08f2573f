"""What the verbs share that change a database: their options, the request, and the table of what became of it."""

from __future__ import annotations

import argparse
import getpass
import socket
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import count, seconds
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.deploy.outcome import Fate
    from pytest_dbops.core.deploy.preconditions import Refusal
    from pytest_dbops.operations.deploying.deploy import Deployed
    from pytest_dbops.operations.deploying.plan import DeployRequest, Plan

RESULT = {
    "environment": "name of the environment",
    "database": "name of the database, or the file",
    "deploy": "id under which the journal has it",
    "refusals": "of a dry run: what the policy would have against it, a line each",
    "overridden": "names of the refusals that were overridden",
    "revisions": "in the order of running: revision, title, fate, duration_s, attempts",
    "problem": "what ended it before its end; null when nothing did",
}
JSON = Shape(RESULT)


def add_limits(verb: argparse.ArgumentParser) -> None:
    """Add the options of waiting."""
    group = verb.add_argument_group("waiting (PostgreSQL)")
    group.add_argument("--wait", type=seconds, metavar="SECONDS", help="for another deploy to end (default: 900)")
    group.add_argument("--lock-timeout", type=seconds, metavar="SECONDS",
                       help="of a statement for a lock (default: lock_timeout_s of the environment)")  # fmt: skip
    group.add_argument("--concurrent-timeout", type=seconds, metavar="SECONDS",
                       help="the same outside of transactions, as for CONCURRENTLY (default: 600)")  # fmt: skip
    group.add_argument("--attempts", type=count, metavar="N",
                       help="how often a revision is tried that was rolled back for a lock (default: 10)")  # fmt: skip


def add_policy(verb: argparse.ArgumentParser) -> None:
    """Add the options that override a refusal of the policy, and say why."""
    verb.add_argument("--force", nargs="+", action="extend", default=[], metavar="NAME",
                      help="override refusals of the policy by name; the journal keeps who and why")  # fmt: skip
    verb.add_argument("--reason", default="", metavar="TEXT", help="why; --force needs it")
    verb.add_argument("--actor", metavar="NAME", help="who the journal names (default: user@host)")


def request_of(context: Context) -> DeployRequest:
    """Return what the command line asks for; logs go where `[logging]` says from here on."""
    from dataclasses import replace

    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.core.deploy.outcome import Limits
    from pytest_dbops.operations.deploying.plan import DeployRequest

    context.start_logging(context.environment)
    args = context.args
    limits = Limits(lock_s=find_environment(context.config, context.environment).policy.lock_timeout_s)
    given = {
        "wait_s": args.wait, "lock_s": args.lock_timeout, "concurrent_s": args.concurrent_timeout,
        "attempts": args.attempts,
    }  # fmt: skip
    return DeployRequest(
        context.environment, datetime.now(UTC), args.actor or f"{getpass.getuser()}@{socket.gethostname()}",
        to=getattr(args, "to", None) or "", forced=tuple(args.force), reason=args.reason,
        again=tuple(getattr(args, "again", ())), is_dry=getattr(args, "dry_run", False),
        limits=replace(limits, **{name: value for name, value in given.items() if value is not None}),
    )  # fmt: skip


def say_result(context: Context, deployed: Deployed, more: Mapping[str, object] | None = None) -> int:
    """Print what became of each revision, in JSON with `more`; raises what ended it before its end."""
    plan = deployed.plan
    if context.is_json:
        told = {
            "deploy": deployed.deploy,
            "revisions": deployed.revisions,
            "problem": str(deployed.problem) if deployed.problem else None,
        }
        context.say_json({**planned_json(plan), **told, **(more or {})})
    elif not deployed.revisions:
        context.say(f"{plan.environment.name}: nothing to do, {_place(plan)}")
    else:
        say_table(context, deployed)
    if deployed.problem is not None:
        raise deployed.problem
    return 0


def planned_json(plan: Plan) -> dict[str, object]:
    """Return a plan that was not run, in the shape of a result."""
    from pytest_dbops.core.deploy.outcome import DeployedRevision, Fate

    return {
        "environment": plan.environment.name,
        "database": plan.database,
        "deploy": "",
        "refusals": [each.message for each in plan.refusals],
        "overridden": [each.name for each in plan.overridden],
        "revisions": [DeployedRevision(each.id, each.title, Fate.NOT_RUN) for each in plan.planned],
        "problem": None,
    }


def say_table(context: Context, deployed: Deployed) -> None:
    """Print one line a revision."""
    from pytest_dbops.cli.terminal import paint_for, table

    plan = deployed.plan
    name = f", deploy {deployed.deploy}" if deployed.deploy else ""
    context.say(f"{plan.environment.name}: {plan.database} on {plan.host}{name}")
    say_refusals(context, plan)
    rows = [("REVISION", "FATE", "SECONDS", "ATTEMPTS", "TITLE")]
    rows += [
        (each.revision, _fate(deployed, each.fate), f"{each.duration_s:.2f}" if each.attempts else "-",
         str(each.attempts) if each.attempts else "-", each.title)
        for each in deployed.revisions
    ]  # fmt: skip
    context.say(table(rows, paint=paint_for(sys.stdout)))


def _fate(deployed: Deployed, fate: Fate) -> str:
    """Return what became of a revision; one that ran nowhere but on scratch was not applied, and no word says so."""
    from pytest_dbops.core.deploy.outcome import Fate

    is_rehearsed = fate is Fate.APPLIED and not deployed.deploy
    return "rehearsed" if is_rehearsed else fate.value


def say_refusals(context: Context, plan: Plan) -> None:
    """Print what the policy has against a plan, a line each."""
    for each in plan.overridden:
        context.say(f"overridden {each.name.value}: {each.message}")
    say_refused(context, plan.refusals)


def say_refused(context: Context, refusals: Iterable[Refusal]) -> None:
    """Print what would refuse the real thing, a line each."""
    for each in refusals:
        context.say(f"refused for real  {each.message} (--force {each.name.value} --reason TEXT)")


def _place(plan: Plan) -> str:
    return f"the database is at {', '.join(plan.applied)}" if plan.applied else "nothing is applied"
