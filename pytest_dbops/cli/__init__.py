"""The command `dbops`: a table of commands, of which only the one that is asked for is imported."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType

from pytest_dbops import __version__
from pytest_dbops.core.errors import DbopsError

COMMANDS: Mapping[str, str] = {
    "gate": "run the gate of an environment, as pytest --dbops-env does",
    "health": "run the same checks without pytest; text, JSON or Nagios output",
    "checks": "list the checks, or show what one of them asks",
    "config": "show the effective configuration, or validate it",
    "env": "list, ping or prepare environments",
    "scratch": "show, stop or clean up scratch servers",
    "baseline": "write today's findings to a file, so that only new ones fail",
    "init": "put a dbops.toml and example checks into an alembic project",
}

EPILOG = (
    "exit codes: 0 ok, 1 blocked, 2 usage or configuration, 3 inconclusive, 4 refused by policy, 5 nothing to check"
)
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are one line on standard error."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser(arguments)
    args, rest = parser.parse_known_args(arguments)
    if rest and args.command != "gate":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if args.command is None:
        parser.print_help()
        return 2
    try:
        from pytest_dbops.cli.context import Context

        context = Context(args, rest)
        return _run(context, args)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter from complaining at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser, with the options of the one command that `arguments` name."""
    parser = argparse.ArgumentParser(
        prog="dbops", description="May this database be deployed? Checks and care of databases.", epilog=EPILOG
    )
    parser.add_argument("--version", action="version", version=f"dbops {__version__}")
    _add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    named = next((word for word in arguments if word in COMMANDS), None)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", epilog=EPILOG)
        _add_common(command)
        if name == named:
            _module_of(name).add_arguments(command)
    return parser


def _run(context: object, args: argparse.Namespace) -> int:
    try:
        code: int = _module_of(args.command).run(context)
        return code
    except DbopsError as err:
        print(f"dbops: {context.mask(str(err))}", file=sys.stderr)  # type: ignore[attr-defined]  # a Context
        return err.exit_code


def _add_common(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("common options")
    omit = argparse.SUPPRESS
    group.add_argument("--env", "--environment", dest="env", metavar="NAME", default=omit,
                       help="environment of dbops.toml (default: DBOPS_ENV, else development)")  # fmt: skip
    group.add_argument("--config", dest="config", metavar="FILE", default=omit,
                       help="configuration (default: the nearest dbops.toml here or above)")  # fmt: skip
    group.add_argument("--format", dest="format", metavar="FORMAT", default=omit, choices=("text", "json", "nagios"),
                       help="output: text or json; health also knows nagios (default: text)")  # fmt: skip
    group.add_argument("-q", "--quiet", dest="quiet", action="store_true", default=omit,
                       help="show the result only, no progress")  # fmt: skip


def _module_of(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")
