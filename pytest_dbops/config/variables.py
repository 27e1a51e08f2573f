"""Variables of the process, filled up from a `.env` file, each with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from io import StringIO
from pathlib import Path
from types import MappingProxyType

from pytest_dbops.config.document import read_text
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen


@frozen
class Variables:
    """All variables by name. Values may be secrets: the `repr` holds the names from `.env` only.

    from_file: name to place (`.env:3`), for the variables that `.env` added.
    """

    values: Mapping[str, str] = field(repr=False)
    from_file: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return the value of a variable, or an empty text when it is not set; set but empty counts as not set."""
        return self.values.get(name, "")

    def origin(self, name: str) -> str:
        """Return where the variable came from: `variable NAME`, or `variable NAME (.env:3)`."""
        place = self.from_file.get(name)
        return f"variable {name} ({place})" if place else f"variable {name}"


def load_variables(process: Mapping[str, str], *, env_file: Path | None) -> Variables:
    """Return the variables of the process and those that only `env_file` has; None means there is no file.

    A variable that the process has, even an empty one, is never overridden. `${NAME}` in the file is
    replaced by the variable's value, as python-dotenv does. Raises ConfigError for an unreadable file or a
    line that is not `NAME=value`; the message never holds the line.
    """
    if env_file is None:
        return Variables(MappingProxyType(dict(process)), MappingProxyType({}))
    from dotenv.parser import parse_stream
    from dotenv.variables import parse_variables

    values, from_file = dict(process), {}
    for binding in parse_stream(StringIO(read_text(env_file))):
        place = f"{env_file.name}:{binding.original.line + _blank_lines_before(binding.original.string)}"
        if binding.error:
            raise ConfigError(f"{place}: not a line of the form NAME=value (mend it, or put # before it)")
        if binding.key is None or binding.value is None or binding.key in process:
            continue
        values[binding.key] = "".join(atom.resolve(values) for atom in parse_variables(binding.value))
        from_file[binding.key] = place
    return Variables(MappingProxyType(values), MappingProxyType(from_file))


def _blank_lines_before(text: str) -> int:
    """Count the blank lines that python-dotenv reads as a part of the binding below them."""
    return text[: len(text) - len(text.lstrip())].count("\n")
