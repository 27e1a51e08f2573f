"""`dbops scratch`: the throw-away servers of this user, and where a new one would come from."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_dbops.cli.context import Context
    from pytest_dbops.core.scratch import ServerRequest, ServerStatus
    from pytest_dbops.provisioning.discovery import Discovery

_MB = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `status`, `stop` and `clean`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="status | stop | clean")
    verbs.add_parser("status", help="where the next server would come from and why, and which ones run")
    verbs.add_parser("stop", help="end the running scratch servers of this user")
    verbs.add_parser("clean", help="remove what dead runs left, and the cached clusters")


def run(context: Context) -> int:
    """Do what was asked for, and only to servers this tool made."""
    return {"status": _status, "stop": _stop, "clean": _clean}[context.args.verb](context)


def _status(context: Context) -> int:
    from pytest_dbops.provisioning.discovery import discover
    from pytest_dbops.provisioning.inventory import status

    found, running = discover(_request(context)), status()
    if context.is_json:
        context.say_json({"candidates": [asdict(c) for c in found.candidates], "servers": [asdict(s) for s in running]})
        return 0
    _say_candidates(context, found)
    context.say("")
    _say_servers(context, running, nothing="no scratch server runs")
    return 0 if found.taken else 3


def _stop(context: Context) -> int:
    from pytest_dbops.provisioning.inventory import stop

    ended = stop()
    if context.is_json:
        context.say_json([asdict(server) for server in ended])
        return 0
    _say_servers(context, ended, nothing="no scratch server was running", verb="ended ")
    return 0


def _clean(context: Context) -> int:
    from pytest_dbops.provisioning.inventory import clean

    cleaned = clean()
    if context.is_json:
        context.say_json(asdict(cleaned))
        return 0
    context.say(
        f"removed {len(cleaned.runs)} dead runs and {len(cleaned.clusters)} cached clusters, "
        f"{cleaned.freed_bytes / _MB:.1f} MB"
    )
    return 0


def _request(context: Context) -> ServerRequest:
    """Return what the project asks for; outside a project, what an empty configuration asks for."""
    from pytest_dbops.config.resolve import scratch_request
    from pytest_dbops.core.scratch import ServerRequest

    try:
        return scratch_request(context.config)
    except ConfigError:
        if getattr(context.args, "config", None) is not None or "config" in context.__dict__:
            raise
        return ServerRequest()


def _say_candidates(context: Context, found: Discovery) -> None:
    from pytest_dbops.cli.terminal import table

    rows = [("", "FROM", "VERSION", "PLACE", "WHY")]
    rows += [
        ("->" if c.is_taken else "", c.origin.value, c.version, c.package or c.place, c.reason)
        for c in found.candidates
    ]
    context.say(table(rows))
    if found.note:
        context.say(found.note)


def _say_servers(context: Context, servers: Sequence[ServerStatus], *, nothing: str, verb: str = "") -> None:
    if not servers:
        context.say(nothing)
    for server in servers:
        state = "running" if server.is_running else "dead"
        owner = f"owner {server.owner_pid}" + ("" if server.is_owner_alive else " (gone)")
        context.say(
            f"{verb}PostgreSQL {server.version} ({server.origin.value}), {state}, {owner}, "
            f"{server.size_bytes / _MB:.1f} MB, {server.place}"
        )
