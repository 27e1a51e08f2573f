"""`dbops scratch`: the throw-away servers of this user, and where a new one would come from."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_dbops.cli.context import Context
    from pytest_dbops.config.model import Config
    from pytest_dbops.core.scratch import ServerStatus
    from pytest_dbops.provisioning.discovery import Discovery

_MB = 1_000_000
_SERVER = {
    "run_id": "the run it belongs to",
    "owner_pid": "process that owns the run",
    "is_owner_alive": "whether that process lives",
    "origin": "url, system, wheel or container",
    "version": "as PostgreSQL prints it",
    "place": "its data directory, or its container",
    "is_running": "whether the server lives",
    "size_bytes": "size of its data directory",
}
JSON = {
    "status": Shape(
        {
            "candidates": "where a server may come from, in order: origin, place, version, is_taken, reason, package",
            "note": "why another major version than the wanted one was taken, else empty",
            "servers": "the servers of this user, as stop lists them",
        }
    ),
    "stop": Shape(_SERVER, is_list=True),
    "clean": Shape(
        {
            "runs": "runs of dead owners that were removed",
            "clusters": "cached clusters that were removed",
            "freed_bytes": "bytes of all of them",
        }
    ),
}
_STATUS = """\
A scratch server is looked for in this order: SHADOW_DATABASE_URL or [scratch]
url, the machine's own server binaries, the binaries of installed wheels, and
Docker. The arrow marks the one that is taken. Nothing is started; a server
given by a URL is asked for its version. Ends with 3 when no server can be had
or the given one does not answer, with 4 when it is an environment's own.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `status`, `stop` and `clean`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="status | stop | clean", title="verbs")
    add_verb(verbs, "status", "say where the next server would come from and why, and which run", more=_STATUS)
    stop = add_verb(
        verbs, "stop", "end the running scratch servers of this user",
        more="Also those of test sessions that run now. Servers this tool did not start are not touched.",
    )  # fmt: skip
    stop.add_argument("--run", metavar="ID", help="only those of one run, as a session with --dbops-keep names it")
    add_verb(
        verbs, "clean", "remove what dead runs left, and the cached clusters",
        more="Living runs stay. The next server then takes some seconds longer to start.",
    )  # fmt: skip


def run(context: Context) -> int:
    """Do what was asked for, and only to servers this tool made."""
    return {"status": _status, "stop": _stop, "clean": _clean}[context.args.verb](context)


def _status(context: Context) -> int:
    from pytest_dbops.operations.scratch_source import find_scratch_source
    from pytest_dbops.provisioning.inventory import status

    found, running = find_scratch_source(_config(context)), status()
    if context.is_json:
        context.say_json({"candidates": found.candidates, "note": found.note, "servers": running})
    else:
        _say_candidates(context, found)
        context.say("")
        _say_servers(context, running, nothing="no scratch server runs")
    return 0 if found.taken else 3


def _stop(context: Context) -> int:
    from pytest_dbops.provisioning.inventory import stop

    ended = stop(run_id=context.args.run)
    if context.is_json:
        context.say_json(ended)
    else:
        _say_servers(context, ended, nothing="no scratch server was running", verb="ended ")
    return 0


def _clean(context: Context) -> int:
    from pytest_dbops.provisioning.inventory import clean

    cleaned = clean()
    if context.is_json:
        context.say_json(cleaned)
    else:
        runs, clusters = len(cleaned.runs), len(cleaned.clusters)
        context.say(
            f"removed {runs} dead run{'s' * (runs != 1)} and {clusters} cached cluster{'s' * (clusters != 1)}, "
            f"{cleaned.freed_bytes / _MB:.1f} MB"
        )
    return 0


def _config(context: Context) -> Config:
    """Return the project's configuration; outside a project, an empty one."""
    import os
    from pathlib import Path

    from pytest_dbops.config.load import default_config

    return context.project or default_config(Path.cwd(), variables=os.environ, mask=context.mask)


def _say_candidates(context: Context, found: Discovery) -> None:
    from pytest_dbops.cli.terminal import paint_for, table

    if found.candidates:
        rows = [("  ", "FROM", "VERSION", "PLACE", "WHY")]
        rows += [
            ("->" if c.is_taken else "  ", c.origin.value, c.version, c.package or c.place, c.reason)
            for c in found.candidates
        ]
        context.say(table(rows, paint=paint_for(sys.stdout)))
    if found.note:
        context.say(found.note)
    if found.taken is None:
        context.say("no server can be had: install PostgreSQL, or pip install 'pytest-dbops[postgres]'")


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
