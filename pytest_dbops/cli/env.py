"""`dbops env`: the environments, whether they answer, and the role their gate should log in as."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

DEFAULT_ROLE = "dbops_gate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `ping` and `grant`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list | ping | grant")
    verbs.add_parser("list", help="all environments, without connecting anywhere")
    ping = verbs.add_parser("ping", help="connect read-only, say where that led, and how long a round trip takes")
    ping.add_argument("name", nargs="?", metavar="NAME", help="environment (default: as --env)")
    grant = verbs.add_parser("grant", help="print the statements of a least-privilege role for gates; runs nothing")
    grant.add_argument("name", nargs="?", metavar="NAME", help="environment (default: as --env)")
    grant.add_argument(
        "--role", default=DEFAULT_ROLE, metavar="ROLE", help=f"name of the role (default: {DEFAULT_ROLE})"
    )


def run(context: Context) -> int:
    """Print what was asked for."""
    return {"list": _list, "ping": _ping, "grant": _grant}[context.args.verb](context)


def _list(context: Context) -> int:
    from pytest_dbops.cli.terminal import table
    from pytest_dbops.operations.environments import list_environments

    rows = list_environments(context.config)
    if context.is_json:
        context.say_json([asdict(row) for row in rows])
        return 0
    heading = ("NAME", "KIND", "DIALECT", "URL", "REQUIRES")
    lines = [(row.name, row.kind, row.dialect, row.url or "not configured", ", ".join(row.require)) for row in rows]
    context.say(table([heading, *lines]))
    return 0


def _ping(context: Context) -> int:
    from pytest_dbops.operations.environments import ping

    try:
        answer = ping(context.config, _name(context), progress=context.progress)
    finally:
        context.end_progress()
    if context.is_json:
        context.say_json(asdict(answer))
        return 0
    role = f" as {answer.role}" if answer.role else ""
    context.say(f"{answer.environment}: {answer.server}, {answer.display_url}")
    context.say(
        f"  database {answer.database} on {answer.host}{role}, round trip {answer.latency_ms:.2f} ms (median of 5)"
    )
    if answer.marker is not None:
        context.say(f"  marked as {answer.marker!r}")
    return 0


def _grant(context: Context) -> int:
    from pytest_dbops.operations.environments import grant_statements

    statements = grant_statements(context.config, _name(context), context.args.role)
    if context.is_json:
        context.say_json({"role": context.args.role, "statements": list(statements)})
    elif statements:
        context.say("\n".join(statements))
    else:
        context.say("-- this database product has no roles: protect the file (chmod 0400) instead")
    return 0


def _name(context: Context) -> str | None:
    name: str | None = context.args.name
    return name or context.environment
