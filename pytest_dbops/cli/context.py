"""What every command shares: its arguments, the configuration, and how it speaks."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import UsageError

if TYPE_CHECKING:
    from pytest_dbops.config.model import Config
    from pytest_dbops.operations.gate import GateRequest


class Context:
    """One call of the command."""

    def __init__(self, args: argparse.Namespace, rest: Sequence[str]) -> None:
        self.args = args
        self.rest = tuple(rest)

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
        if chosen == "nagios" and self.args.command != "health":
            raise UsageError(f"--format nagios is for health; {self.args.command} knows text and json")
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
            raise UsageError(f"--config: {given!r} does not exist")
        return path

    @cached_property
    def config(self) -> Config:
        """The project's configuration; raises ConfigError for what is wrong in it."""
        from pytest_dbops.config.load import load_config

        return load_config(self.config_file, variables=os.environ)

    def request(self, **more: object) -> GateRequest:
        """Return the request for a gate on the chosen environment."""
        from pytest_dbops.config.resolve import find_environment
        from pytest_dbops.operations.gate import GateRequest

        environment = find_environment(self.config, self.environment)
        return GateRequest(
            self.config_file, environment.name, os.environ, datetime.now(UTC), **more  # type: ignore[arg-type]
        )  # fmt: skip

    def mask(self, text: str) -> str:
        """Return `text` without any secret of the configuration, as far as one was loaded."""
        config = self.__dict__.get("config")
        return text if config is None else str(config.mask(text))

    def say(self, text: str) -> None:
        """Print a line of the result."""
        print(self.mask(text))

    def say_json(self, value: object) -> None:
        """Print the result as one JSON document."""
        print(self.mask(json.dumps(value, indent=2, ensure_ascii=False, default=str)))

    def progress(self, text: str) -> None:
        """Show on a terminal what takes time, over the line before it."""
        if sys.stderr.isatty() and not getattr(self.args, "quiet", False):
            sys.stderr.write(f"\r\x1b[2Kdbops: {self.mask(text)[:100]}")
            sys.stderr.flush()

    def end_progress(self) -> None:
        """Take the progress line away."""
        if sys.stderr.isatty() and not getattr(self.args, "quiet", False):
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
