"""Where a project keeps its alembic scripts: as its ini or pyproject.toml says, else where an env.py lies."""

from __future__ import annotations

import configparser
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pytest_dbops.core.errors import ConfigError

_DEEPEST = 5
_PASSED_OVER = frozenset(
    {".git", ".venv", "venv", "env", "node_modules", "__pycache__", "site-packages", "build", "dist", ".tox", ".nox"}
)
SOURCES = ("", "src")


def find_script_location(root: Path) -> str:
    """Return alembic's script folder relative to `root`: from an alembic.ini, pyproject.toml, or an env.py.

    Raises ConfigError when there is none, or more than one to choose from.
    """
    named = [place for place in (*_from_ini(root), *_from_pyproject(root)) if (place / "env.py").is_file()]
    places = sorted({place.resolve() for place in named} or {file.parent.resolve() for file in _env_files(root)})
    if not places:
        raise ConfigError(
            f"no alembic scripts are under {str(root)!r} (run alembic init first, or name them: --migrations PATH)"
        )
    if len(places) > 1:
        listed = ", ".join(relative(place, root) for place in places)
        raise ConfigError(f"several alembic script folders are there: {listed} (choose one: --migrations PATH)")
    return relative(places[0], root)


def given_script_location(root: Path, given: str) -> tuple[str, Path]:
    """Return a location given by hand, relative to `root`, and its script folder; raises ConfigError for none."""
    place = (Path.cwd() / given) if not (root / given).exists() else root / given
    folder = place if place.is_dir() else _folder_of_ini(place, root)
    if not (folder / "env.py").is_file():
        raise ConfigError(f"--migrations {given!r} is no alembic script folder and no ini of one: there is no env.py")
    return relative(place.resolve(), root), folder


def relative(place: Path, root: Path) -> str:
    """Return a path as dbops.toml writes it: from the root where it lies below it."""
    try:
        return place.relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(place)


def _folder_of_ini(ini: Path, root: Path) -> Path:
    found = [place for place in _places_in(ini, root) if (place / "env.py").is_file()]
    return found[0] if found else ini


def _from_ini(root: Path) -> Iterator[Path]:
    for file in _files(root, "alembic.ini"):
        yield from _places_in(file, root)


def _places_in(ini: Path, root: Path) -> Iterator[Path]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(ini, encoding="utf-8")
        location = parser.get("alembic", "script_location")
    except (configparser.Error, UnicodeDecodeError):
        return
    yield from _places(location.replace("%(here)s", str(ini.parent)), ini.parent, root)


def _from_pyproject(root: Path) -> Iterator[Path]:
    try:
        location = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["alembic"]["script_location"]
    except (OSError, KeyError, TypeError, ValueError):  # absent, unreadable, no TOML, or without alembic
        return
    yield from _places(str(location).replace("%(here)s", str(root)), root, root)


def _places(location: str, folder: Path, root: Path) -> Iterator[Path]:
    """Yield the folders a script location may mean: a path from the ini or the root, or `package:path`."""
    package, _, inside = location.rpartition(":")
    if package and inside:
        for source in SOURCES:
            yield root / source / package.replace(".", "/") / inside
        yield root / inside
    yield folder / location
    yield root / location


def _env_files(root: Path) -> Iterator[Path]:
    for file in _files(root, "env.py"):
        if (file.parent / "versions").is_dir() or (file.parent / "script.py.mako").is_file():
            yield file


def _files(root: Path, name: str) -> Iterator[Path]:
    """Yield the files of a name, no deeper than five folders; folders that may not be read are passed over."""
    for folder, inside, files in os.walk(root):
        depth = len(Path(folder).relative_to(root).parts)
        inside[:] = sorted(each for each in inside if each not in _PASSED_OVER) if depth < _DEEPEST else []
        if name in files:
            yield Path(folder, name)
