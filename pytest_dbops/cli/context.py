"""What every command shares: its arguments, the configuration, and how it speaks."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import DbopsError, UsageError
from pytest_dbops.core.secret import SecretMask

if TYPE_CHECKING:
    from pytest_dbops.config.model import Config
    from pytest_dbops.core.finding import JsonValue
    from pytest_dbops.operations.gate import GateRequest

_KNOWS_NAGIOS = "health"
_CLEAR_LINE = "\r\x1b[2K"


class Context:
    """One call of the command: results go to standard output, progress and errors to standard error.

    mask: learns every secret of the configuration, also those of the gate that a command runs.
    """

    def __init__(self, args: argparse.Namespace, rest: Sequence[str]) -> None:
        self.args = args
        self.rest = tuple(rest)
        self.mask = SecretMask()
        self._shows_progress = False

    @property
    def environment(self) -> str | None:
        """The environment named on the command line, or None."""
        name: str | None = getattr(self.args, "env", None)
        return name

    @property
    def is_json(self) -> bool:
        """Whether the result is wanted as JSON."""
        return self.format == "json"

    @property
    def format(self) -> str:
        """`text`, `json` or, for health, `nagios`."""
        chosen: str = getattr(self.args, "format", "text")
        if chosen == "nagios" and self.args.command != _KNOWS_NAGIOS:
            raise UsageError(f"--format nagios is for {_KNOWS_NAGIOS}; {self.args.command} knows text and json")
        return chosen

    @cached_property
    def config_file(self) -> Path:
        """The configuration's file; raises ConfigError when there is none."""
        from pytest_dbops.config.document import find_config

        given = getattr(self.args, "config", None)
        if given is None:
            return find_config(Path.cwd())
        path = Path(given).resolve()
        if not path.is_file():
            raise UsageError(
                f"--config: {given!r} {'is a folder' if path.is_dir() else 'does not exist'} (name a file)"
            )
        return path

    @cached_property
    def config(self) -> Config:
        """The project's configuration; raises ConfigError for what is wrong in it."""
        from pytest_dbops.config.load import load_config

        return load_config(self.config_file, variables=os.environ, mask=self.mask)

    @property
    def project(self) -> Config | None:
        """The configuration, or None outside of a project; raises ConfigError for one that is named or wrong."""
        from pytest_dbops.config.document import NoProject

        try:
            return self.config
        except NoProject:
            return None

    def request(self, **more: object) -> GateRequest:
        """Return the request for a gate on the chosen environment; logs go where `[logging]` says from here on."""
        from pytest_dbops.operations.gate import GateRequest

        self.start_logging(self.environment)
        return GateRequest(
            self.config_file, self._name(), os.environ, datetime.now(UTC), mask=self.mask, **more  # type: ignore[arg-type]
        )  # fmt: skip

    def start_logging(self, name: str | None) -> None:
        """Write the log files that `[logging] dir` asks for."""
        from pytest_dbops.config.logs import configure_logging
        from pytest_dbops.config.resolve import find_environment

        if self.config.logging.dir:
            configure_logging(self.config, find_environment(self.config, name))

    def say(self, text: str) -> None:
        """Print a line of the result."""
        self._write(self.mask(text) + "\n")

    def say_json(self, value: object) -> None:
        """Print the result as one JSON document."""
        self._write(json.dumps(self.plain(value), indent=2, ensure_ascii=False) + "\n")

    def plain(self, value: object) -> JsonValue:
        """Return a result as JSON can hold it, its texts masked."""
        return _plain(value, self.mask)

    def say_raw(self, text: str) -> None:
        """Print a finished document whose secrets were masked when it was made."""
        self._write(text)

    def progress(self, text: str) -> None:
        """Show on a terminal what takes time, over the line before it."""
        if sys.stderr is None or not sys.stderr.isatty() or getattr(self.args, "quiet", False):
            return
        from pytest_dbops.cli.parsing import columns

        line = f"dbops: {self.mask(text)}"
        sys.stderr.write(f"{_CLEAR_LINE}{line if len(line) < columns() else line[: columns() - 4] + '...'}")
        sys.stderr.flush()
        self._shows_progress = True

    def end_progress(self) -> None:
        """Take the progress line away."""
        if self._shows_progress:
            sys.stderr.write(_CLEAR_LINE)
            sys.stderr.flush()
            self._shows_progress = False

    def end(self) -> None:
        """Take the progress line away and close the logs."""
        self.end_progress()
        if "config" in self.__dict__ and self.config.logging.dir:
            from pytest_dbops.config.logs import close_logging

            close_logging()

    def _name(self) -> str:
        from pytest_dbops.config.resolve import find_environment

        return find_environment(self.config, self.environment).name

    def _write(self, text: str) -> None:
        """Write to standard output; a reader who has gone changes neither the work nor the exit code."""
        self.end_progress()
        if sys.stdout is None:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as err:
            raise DbopsError(f"the output cannot be written: {err.strerror}") from err


def _plain(value: object, mask: SecretMask) -> JsonValue:
    """Return what JSON can hold; texts are masked before quotes and backslashes are escaped."""
    if isinstance(value, Enum):
        return _plain(value.value, mask)
    if isinstance(value, str):
        return mask(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value), mask)
    if isinstance(value, Mapping):
        return {str(key): _plain(one, mask) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one, mask) for one in value]
    return value if value is None or isinstance(value, bool | int | float) else mask(str(value))
