"""The configuration file as text and tables, with messages that name its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_dbops.config.lines import KeyPath, LineIndex
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen

FILE_NAME = "dbops.toml"
PYPROJECT = "pyproject.toml"
_IN_PYPROJECT = ("tool", "dbops")
_AT_LINE = re.compile(r"^(.*?) \(at (?:line (\d+), column \d+|end of document)\)$", re.DOTALL)
_MAY_HOLD_PASSWORD = re.compile(r"(://|password\s*=).*$", re.IGNORECASE | re.DOTALL)


class NoProject(ConfigError):
    """Raised when neither the folder nor one above it has a configuration."""


@frozen
class Document:
    """One file: its tables below `prefix`, and the lines its keys are written on."""

    name: str
    tables: Mapping[str, Any]
    prefix: KeyPath
    index: LineIndex

    def place(self, path: KeyPath) -> str:
        """Return `dbops.toml:12`, or the bare name of the file when the line is not known."""
        line = self.index.line_of((*self.prefix, *path))
        return f"{self.name}:{line}" if line else self.name

    def error(self, path: KeyPath, problem: str) -> ConfigError:
        """Return the error to raise for the key at `path`."""
        return ConfigError(f"{self.place(path)}: {problem}")


def empty_document() -> Document:
    """Return the document of a project that has no file."""
    return Document(FILE_NAME, {}, (), LineIndex(""))


def find_config(start: Path) -> Path:
    """Return the nearest dbops.toml, or pyproject.toml with `[tool.dbops]`, in `start` or above.

    Raises NoProject when there is none, ConfigError when both are in one folder.
    """
    folder = start.resolve()
    for place in (folder, *folder.parents):
        own, shared = place / FILE_NAME, place / PYPROJECT
        has_own, has_shared = own.is_file(), has_our_table(shared)
        if has_own and has_shared:
            raise ConfigError(f"{own} and [tool.dbops] in {shared.name} are both there (keep one of them)")
        if has_own or has_shared:
            return own if has_own else shared
    raise NoProject(f"there is no {FILE_NAME} in {folder} or above (run: dbops init)")


def load_document(path: Path) -> Document:
    """Read and parse one file; raises ConfigError in one line, with the line of a syntax error."""
    text = read_text(path)
    tables = _parse(text, path.name)
    if path.name != PYPROJECT:
        return Document(path.name, tables, (), LineIndex(text))
    tool = tables.get("tool")
    own = tool.get("dbops") if isinstance(tool, dict) else None
    if not isinstance(own, dict):
        raise ConfigError(f"{path}: there is no table [tool.dbops] (run: dbops init)")
    return Document(path.name, own, _IN_PYPROJECT, LineIndex(text))


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8; raises ConfigError in one line when it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as err:
        raise ConfigError(f"cannot read {path}: {err.strerror or 'unreadable'}") from None
    except UnicodeDecodeError as err:
        line = err.object.count(b"\n", 0, err.start) + 1
        raise ConfigError(f"{path.name}:{line}: the text is not UTF-8 (save the file as UTF-8)") from None


def without_passwords(line: str) -> str:
    """Return a line of a file as it may be shown: whatever follows `://` or `password=` is replaced."""
    return _MAY_HOLD_PASSWORD.sub(r"\1***", line)


def has_our_table(path: Path) -> bool:
    """Return whether a pyproject.toml holds `[tool.dbops]`; one that is not there does not."""
    if not path.is_file():
        return False
    text = read_text(path)
    if "dbops" not in text:
        return False
    try:
        tool = tomllib.loads(text).get("tool")
    except (tomllib.TOMLDecodeError, RecursionError):
        return "[tool.dbops" in text
    return isinstance(tool, dict) and "dbops" in tool


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise _syntax_error(str(err), text, name) from None
    except RecursionError:
        raise ConfigError(f"{name}: tables or lists are nested too deeply") from None


def _syntax_error(problem: str, text: str, name: str) -> ConfigError:
    found = _AT_LINE.match(problem)
    lines = text.split("\n")
    number = int(found[2]) if found and found[2] else max(len(text.rstrip("\n").split("\n")), 1)
    what = found[1] if found else problem
    # A character that is quoted in the message could be one of a password.
    what = re.sub(r"character '.*'|character \".*\"", "character", what, flags=re.DOTALL)
    shown = without_passwords(lines[min(number, len(lines)) - 1].strip())[:120]
    return ConfigError(f"{name}:{number}: not valid TOML: {what[:1].lower()}{what[1:]} in {shown!r}")
