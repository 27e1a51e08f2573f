"""The command line of `dbops`: a table of commands, of which only the one that is asked for is imported."""

from __future__ import annotations

import argparse
import os
import sys

from pytest_dbops import __version__
from pytest_dbops.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import ModuleType
    from typing import NoReturn

COMMANDS: Mapping[str, str] = {
    "gate": "run the gate of an environment in pytest, with exit codes that tell more",
    "health": "ask the same checks without pytest; as text, JSON or for Nagios",
    "checks": "list the checks, or show what one of them asks and how to mend it",
    "config": "show the configuration in force, or judge it",
    "migrate": "look at the migrations, write new ones, deploy them and take them back",
    "maintenance": "plan what keeps a database healthy, and run what keeps nobody waiting",
    "seed": "fill a database with the project's seeders, or take their rows away",
    "setup": "make a database, migrate it, mark it and seed it",
    "reset": "drop everything in a database, migrate it and seed it anew; in no production",
    "audit": "install an audit trail, seal it, verify it, and show what it holds",
    "env": "list environments, see whether one answers, prepare a role for it",
    "scratch": "show, stop or clean up the throw-away PostgreSQL servers",
    "compliance": "prove what is encrypted, encrypt columns, and move fields from key to key",
    "baseline": "write today's findings to a file, so that only new ones fail",
    "init": "put a dbops.toml and example checks into an alembic project",
}
"""Each command is the module of its name, with `add_arguments(parser)` and `run(context) -> exit code`."""

EXIT_CODES: Mapping[int, str] = {
    0: "ok",
    1: "blocked: findings that count",
    2: "usage or configuration is wrong",
    3: "inconclusive: something could not be judged, or reached",
    4: "refused by the environment's policy",
    5: "nothing to check",
    130: "interrupted",
}
_PASSES_ON = "gate"
_NARROWEST, _USUAL, _WIDEST = 40, 80, 100


class Asked:
    """What a command line asks for; without a module there is nothing more to do than to end with `exit_code`."""

    def __init__(
        self,
        options: argparse.Namespace,
        module: ModuleType | None = None,
        rest: Sequence[str] = (),
        exit_code: int = 0,
    ) -> None:
        self.options = options
        self.module = module
        self.rest = tuple(rest)
        self.exit_code = exit_code


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError, one line, where argparse would end the process."""

    def __init__(self, **more: object) -> None:
        more.setdefault("formatter_class", _formatter)
        more.setdefault("allow_abbrev", False)
        super().__init__(**more)  # type: ignore[arg-type]  # handed on as they came

    def parse_known_args(  # type: ignore[override]  # as there, without its overloads
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse what is known; a word that may be left out is also found behind an option.

        argparse takes such a word for left out as soon as it meets an option (`keys retire --env staging NAME`). Where
        something is not known, `unread_by` names the innermost parser.
        """
        found, rest = super().parse_known_args(args, namespace)
        for action in self._actions:
            if action.nargs == argparse.OPTIONAL and not action.option_strings:
                word = next((each for each in rest if not each.startswith("-")), None)
                if word is not None and getattr(found, action.dest) == action.default:
                    rest.remove(word)
                    setattr(found, action.dest, word)
        if rest and not hasattr(found, "unread_by"):
            found.unread_by = self.prog
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong, with the way to help."""
        raise UsageError(f"{message} (see: {self.prog} --help)")


def parse(arguments: Sequence[str]) -> Asked:
    """Return what is asked for; prints help and versions itself. Raises UsageError for anything it cannot read."""
    parser = top_parser()
    if not arguments:
        parser.print_help(sys.stderr)
        return Asked(argparse.Namespace(), exit_code=UsageError.exit_code)
    try:
        options = parser.parse_args(arguments)
        name, *inner = options.command
        if name not in COMMANDS:
            raise UsageError(f"there is no command {name!r}{_nearest(name, COMMANDS)} (see: dbops --help)")
        command = command_parser(name)
        options, rest = command.parse_known_args(inner, options)
    except SystemExit as end:  # help or version was printed
        return Asked(argparse.Namespace(), exit_code=int(end.code or 0))
    if rest and name != _PASSES_ON:
        known = [word for word in command.format_help().replace(",", " ").split() if word.startswith("--")]
        near = _nearest(rest[0], known)
        if not near and not rest[0].startswith("-") and not hasattr(options, "env"):
            near = f" (an environment is named by --env {rest[0]})"
        raise UsageError(f"unrecognized arguments: {' '.join(rest)}{near} (see: {options.unread_by} --help)")
    options.command = name
    return Asked(options, module_of(name), rest)


def top_parser() -> argparse.ArgumentParser:
    """Return the parser that finds the command; it imports none."""
    listed = "\n".join(f"  {name:<13}{text}" for name, text in COMMANDS.items())
    codes = "\n".join(f"  {code:<13}{text}" for code, text in EXIT_CODES.items())
    parser = Parser(
        prog="dbops",
        usage="dbops [options] COMMAND ...",
        description="May this database be deployed? Asks, proves it, and says what to mend.",
        epilog=f"commands (dbops COMMAND --help tells more):\n{listed}\n\nexit codes:\n{codes}",
    )
    parser.add_argument("--version", action="version", version=f"dbops {__version__}")
    parser.add_argument("command", nargs=argparse.PARSER, metavar="COMMAND", help=argparse.SUPPRESS)
    add_common(parser)
    return parser


def command_parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of one command; imports its module, and nothing heavy."""
    module, text = module_of(name), COMMANDS[name]
    parser = Parser(prog=f"dbops {name}", description=f"{text[0].upper()}{text[1:]}.")
    module.add_arguments(parser)
    add_common(parser, passes_on=name == _PASSES_ON)
    if any(action.nargs == argparse.PARSER for action in parser._actions):
        # Its verbs are listed below. In one line they are longer than a terminal, and Python 3.13 breaks none there.
        parser.usage = f"{parser.prog} [options] VERB ..."
    return parser


def add_verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    *,
    more: str = "",
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Add one verb of a command, such as `env ping`; `more` follows the line of help on its own page."""
    about = f"{text[0].upper()}{text[1:]}." + (f"\n\n{more}" if more else "")
    verb = verbs.add_parser(name, help=text, description=about, epilog=epilog)
    add_common(verb)
    return verb


def add_common(parser: argparse.ArgumentParser, *, passes_on: bool = False) -> None:
    """Add the options that stand before or after any command; what is not given leaves no trace."""
    group = parser.add_argument_group("common options")
    add: Callable[..., object] = group.add_argument
    omit = argparse.SUPPRESS
    add("--env", "--environment", dest="env", metavar="NAME", default=omit,
        help="environment of dbops.toml (default: DBOPS_ENV, else development)")  # fmt: skip
    add("--config", dest="config", metavar="FILE", default=omit,
        help="the configuration (default: the nearest dbops.toml here or above)")  # fmt: skip
    add("--format", dest="format", metavar="FORMAT", default=omit, choices=("text", "json", "nagios"),
        help="text (default) or json; health also knows nagios")  # fmt: skip
    if not passes_on:
        add("-q", "--quiet", dest="quiet", action="store_true", default=omit, help="show no progress")


def module_of(name: str) -> ModuleType:
    """Import the module of a command."""
    from importlib import import_module

    return import_module(f"pytest_dbops.cli.{name}")


def seconds(text: str) -> float:
    """Return a number of seconds up to a day; argparse tells what is wrong with any other text."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0 to 86400")
    return value


def count(text: str) -> int:
    """Return a whole number from 1 to 1000; argparse tells what is wrong with any other text."""
    if not text.isdecimal() or not 1 <= int(text) <= 1_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000")
    return int(text)


def columns() -> int:
    """Return how many columns text may have: COLUMNS, else the terminal's, else 80; from 40 to 100."""
    wanted = os.environ.get("COLUMNS", "")
    try:
        found = int(wanted) if wanted.isdecimal() else os.get_terminal_size().columns
    except OSError:
        found = _USUAL
    return max(_NARROWEST, min(found, _WIDEST))


def _formatter(prog: str) -> argparse.HelpFormatter:
    # The width is given because argparse would import shutil, with all compressors, to find it.
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=30, width=columns())


def _nearest(word: str, known: Iterable[str]) -> str:
    from pytest_dbops.config.nearest import nearest_hint

    return nearest_hint(word, known)
