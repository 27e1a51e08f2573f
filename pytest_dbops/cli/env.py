"""`dbops env`: the environments, whether they answer, and the role their gate should log in as."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from pytest_dbops.cli.parsing import add_verb
from pytest_dbops.cli.shapes import Shape
from pytest_dbops.core.errors import UsageError

if TYPE_CHECKING:
    from pytest_dbops.cli.context import Context

DEFAULT_ROLE = "dbops_gate"
JSON = {
    "list": Shape(
        {
            "name": "name of the environment",
            "kind": "development, testing, staging or production",
            "dialect": "postgresql or sqlite",
            "url": "the reference as written, never what is behind it; empty when not configured",
            "require": "what its policy requires",
        },
        is_list=True,
    ),
    "ping": Shape(
        {
            "environment": "name of the environment",
            "display_url": "where its URL leads, without a password",
            "server": "product and version",
            "host": "host, or directory of the socket",
            "database": "name of the database, or the file",
            "role": "the role that logged in; empty on SQLite",
            "marker": "the environment the database says it is, or null",
            "latency_ms": "median of five round trips, in milliseconds",
        }
    ),
    "grant": Shape(
        {
            "environment": "name of the environment",
            "role": "name of the role",
            "statements": "SQL in order, without semicolons; a line with -- is a choice left to you",
        }
    ),
    "access": Shape(
        {
            "environment": "name of the environment",
            "matrix": "the tables [access] and [access.roles.NAME] as TOML; empty where there are no roles",
        }
    ),
}
_PING = """\
The session is one read-only transaction, opened by the same handshake as a
gate's: a URL that leads to another host, database or marker than configured is
refused. An embedded environment is built first. Ends with 3 when nothing
answers.
"""
_GRANT = """\
The role reads what a gate judges and has no right to write. Nothing is run and
nothing is connected to: a superuser hands the output to psql, on the database
of the environment. Lines that start with -- are choices left to you.
"""
_ACCESS = """\
The database is read as by a gate. What is printed is what the gate would find
in order: read it, take out what should not be, and keep the rest in dbops.toml.
The role that reads is left out.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `list`, `ping`, `grant` and `access`."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list | ping | grant | access", title="verbs")
    add_verb(
        verbs, "list", "list all environments, without connecting anywhere",
        more="A URL is shown as the reference it was given by, never what is behind it.",
    )  # fmt: skip
    ping = add_verb(verbs, "ping", "say where an environment leads, and how long a round trip takes", more=_PING)
    grant = add_verb(
        verbs, "grant", "print the statements of a least-privilege role for gates", more=_GRANT,
        epilog="example:\n  dbops env grant staging | psql -d accounting",
    )  # fmt: skip
    access = add_verb(
        verbs, "access", "print who may do what now, as [access] tables for dbops.toml", more=_ACCESS,
        epilog="example:\n  dbops env access staging >> dbops.toml",
    )  # fmt: skip
    for verb in (ping, grant, access):
        verb.add_argument("name", nargs="?", metavar="NAME", help="the environment (default: as --env)")
    grant.add_argument("--role", default=DEFAULT_ROLE, metavar="ROLE", help=f"its name (default: {DEFAULT_ROLE})")


def run(context: Context) -> int:
    """Print what was asked for."""
    return {"list": _list, "ping": _ping, "grant": _grant, "access": _access}[context.args.verb](context)


def _list(context: Context) -> int:
    from pytest_dbops.cli.terminal import paint_for, table
    from pytest_dbops.operations.environments import list_environments

    rows = list_environments(context.config)
    if context.is_json:
        context.say_json(rows)
        return 0
    heading = ("NAME", "KIND", "DIALECT", "URL", "REQUIRES")
    lines = [(row.name, row.kind, row.dialect, row.url or "not configured", ", ".join(row.require)) for row in rows]
    context.say(table([heading, *lines], paint=paint_for(sys.stdout)))
    return 0


def _ping(context: Context) -> int:
    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.operations.environments import ping

    name = _name(context)
    context.start_logging(name)
    answer = ping(context.config, name, progress=context.progress)
    if context.is_json:
        context.say_json(answer)
        return 0
    facts = [
        ("server", answer.server),
        ("database", answer.database),
        ("file" if find_environment(context.config, name).dialect == "sqlite" else "host", answer.host),
        ("role", answer.role),
        ("url", answer.display_url),
        ("marked as", answer.marker or ""),
        ("round trip", f"{answer.latency_ms:.2f} ms (median of 5)"),
    ]
    context.say(f"{answer.environment} answers")
    for label, value in facts:
        if value:
            context.say(f"  {label:<11} {value}")
    return 0


def _grant(context: Context) -> int:
    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.operations.environments import grant_statements

    environment = find_environment(context.config, _name(context))
    statements = grant_statements(context.config, environment.name, context.args.role)
    if context.is_json:
        context.say_json({"environment": environment.name, "role": context.args.role, "statements": statements})
        return 0
    if not statements:
        context.say(f"-- {environment.dialect} has no roles: protect the file of {environment.name!r} (chmod 0400)")
    else:
        context.say(f"-- For a superuser, connected to the database of environment {environment.name!r}.")
    for statement in statements:
        context.say(statement if statement.startswith("--") else f"{statement};")
    return 0


def _access(context: Context) -> int:
    from pytest_dbops.config.resolve import find_environment
    from pytest_dbops.operations.environments import present_access

    environment = find_environment(context.config, _name(context))
    matrix = present_access(context.config, environment.name, progress=context.progress)
    if context.is_json:
        context.say_json({"environment": environment.name, "matrix": matrix})
        return 0
    if not matrix:
        context.say(f"# {environment.dialect} has no roles: protect the file of {environment.name!r} (chmod 0600)")
        return 0
    context.say(f"# Who may do what in environment {environment.name!r}, as it was found: read it before you keep it.")
    context.say(matrix.rstrip("\n"))
    return 0


def _name(context: Context) -> str | None:
    """Return the environment that is meant; two different names are a mistake, not a choice."""
    name: str | None = context.args.name
    if name and context.environment and name != context.environment:
        raise UsageError(f"two environments are named: {name!r} and --env {context.environment!r} (leave one out)")
    return name or context.environment
