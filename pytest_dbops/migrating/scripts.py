"""Where a project's revision files lie: script location and version locations by alembic's rules, read as text.

Alembic itself would import a package to find a location within it, and is not needed to read an ini.
"""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.config import ini_of

_SECTION = "alembic"
_SEPARATORS = {"space": " ", "newline": "\n", "os": os.pathsep, ":": ":", ";": ";"}
_OLD_SEPARATOR = re.compile(r", *| +")


@frozen
class Scripts:
    """A project's alembic scripts.

    folder: where env.py and script.py.mako are; ini: the alembic.ini in use, if there is one.
    locations: where revision files are; one that does not exist holds none.
    """

    folder: Path
    ini: Path | None
    locations: tuple[Path, ...]
    is_recursive: bool = False


def find_scripts(location: Path, *, root: Path) -> Scripts:
    """Return the scripts of a folder with env.py, or of an ini or a pyproject.toml that names it.

    root: the project's folder; relative paths in an ini start there, as for an alembic that is run there.
    Raises ConfigError for a location that does not exist, or settings that cannot be read.
    """
    if not location.exists():
        raise ConfigError(f"migrations {str(location)!r} do not exist ([project] migrations in dbops.toml)")
    is_toml = location.suffix == ".toml"
    ini = ini_of(location, root) if location.is_dir() else None if is_toml else location
    settings = _Settings(ini, location if is_toml else root / "pyproject.toml")
    folder = location if location.is_dir() else _script_folder(settings, location, root)
    if not folder.is_dir():
        raise ConfigError(f"alembic's script_location {str(folder)!r} does not exist (named in {location.name})")
    locations = [_place(each, root) for each in settings.version_locations()] or [folder / "versions"]
    return Scripts(folder, ini, tuple(dict.fromkeys(locations)), settings.flag("recursive_version_locations"))


def setting_of(scripts: Scripts, name: str) -> str:
    """Return a setting of the scripts' ini as text; empty when it is not set."""
    return _Settings(scripts.ini, scripts.folder / "pyproject.toml").text(name)


def _script_folder(settings: _Settings, location: Path, root: Path) -> Path:
    written = settings.text("script_location")
    if not written:
        raise ConfigError(f"{location.name} names no script_location (is it alembic's? its section is [{_SECTION}])")
    place = _place(written, root)
    beside = location.parent / written
    return beside if not place.exists() and beside.is_dir() else place


class _Settings:
    """Alembic's settings: the ini comes before `[tool.alembic]` of pyproject.toml."""

    def __init__(self, ini: Path | None, pyproject: Path) -> None:
        self._ini = _parsed_ini(ini)
        self._name = ini.name if ini else pyproject.name
        self._here = {"here": pyproject.absolute().parent.as_posix()}
        self._toml = _tool_alembic(pyproject)

    def text(self, name: str) -> str:
        """Return a setting as text; empty when it is not set."""
        if (written := self._of_ini(name)) is not None:
            return written
        value = self._toml.get(name, "")
        return self._filled(value) if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Return a setting that is true or false."""
        if (written := self._of_ini(name)) is not None:
            return written == "true"
        return self._toml.get(name) is True

    def version_locations(self) -> list[str]:
        """Return the folders that are listed; only an ini has a separator to split by."""
        if not (written := self._of_ini("version_locations")):
            listed = self._toml.get("version_locations") or []
            return [self._filled(str(each)) for each in listed] if isinstance(listed, list) else [self._filled(listed)]
        name = self._of_ini("path_separator") or self._of_ini("version_path_separator")
        if name is None:
            return _OLD_SEPARATOR.split(written)
        if name not in _SEPARATORS:
            allowed = ", ".join(_SEPARATORS)
            raise ConfigError(f"{self._name}: path_separator {name!r} is none of {allowed}")
        return [each.strip() for each in written.split(_SEPARATORS[name]) if each.strip()]

    def _of_ini(self, name: str) -> str | None:
        try:
            return self._ini.get(_SECTION, name, fallback=None)
        except configparser.InterpolationError as err:
            raise ConfigError(f"{self._name}: {name} cannot be read: {' '.join(str(err).split())}") from err

    def _filled(self, text: str) -> str:
        try:
            return text % self._here
        except (KeyError, TypeError, ValueError) as err:
            raise ConfigError(f"pyproject.toml: {text!r} of [tool.alembic] cannot be filled in: {err}") from err


def _parsed_ini(ini: Path | None) -> configparser.ConfigParser:
    parser = configparser.ConfigParser({"here": ini.absolute().parent.as_posix()} if ini else None)
    try:
        if ini is not None:
            parser.read_string(ini.read_text("utf-8"), source=ini.name)
    except (OSError, configparser.Error, UnicodeDecodeError) as err:
        name = ini.name if ini else ""
        raise ConfigError(f"{name} cannot be read: {' '.join(str(err).split())}") from err
    return parser


def _tool_alembic(pyproject: Path) -> Mapping[str, Any]:
    try:
        found = tomllib.loads(pyproject.read_text("utf-8")).get("tool", {}).get("alembic", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as err:
        raise ConfigError(f"{pyproject.name} cannot be read: {' '.join(str(err).split())}") from err
    return found if isinstance(found, dict) else {}


def _place(written: str, root: Path) -> Path:
    """Return the folder a path means, from the root; `package:folder` lies within a package, which is not imported."""
    package, _, inside = written.partition(":")
    if not inside or Path(written).is_absolute():
        return Path(os.path.normpath(root.absolute() / written))
    top, *below = package.split(".")
    sources = [root, root / "src", *_installed(top)]
    places = [source.joinpath(top, *below, *inside.split(":")) for source in sources]
    return next((place for place in places if place.exists()), places[0])


def _installed(top: str) -> list[Path]:
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return []
    return [Path(folder).parent for folder in (spec.submodule_search_locations or ())] if spec else []
