"""Which revisions a history has, read from its files alone: nothing of the project is imported."""

from __future__ import annotations

import ast
import configparser
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_FACTS = ("revision", "down_revision", "depends_on")
_SEPARATORS = {"space": r"\s+", "newline": r"\n", "os": re.escape(os.pathsep), ":": ":", ";": ";"}


@dataclass(frozen=True, slots=True)
class RevisionFile:
    """One revision; file: relative to the project's root; line: where upgrade() begins."""

    revision: str
    file: str
    line: int
    parents: tuple[str, ...] = ()


def read_revision_files(location: Path, *, root: Path, first: str = "") -> tuple[RevisionFile, ...]:
    """Return the revisions below a script folder, or that of an ini file, oldest first.

    first: with a baseline, the first revision that counts; those it needs are left out.
    A file that is no revision, or does not parse, is passed over: the walk says what is wrong with it.
    """
    found: dict[str, RevisionFile] = {}
    for folder in _version_folders(location, root):
        for file in sorted(folder.glob("*.py")):
            revision = _parsed(file, root)
            if revision is not None:
                found.setdefault(revision.revision, revision)
    below = _needed_by(found, found[first].parents if first in found else ())
    return tuple(each for each in _oldest_first(found) if each.revision not in below)


def _version_folders(location: Path, root: Path) -> list[Path]:
    folder, ini = (location, None) if location.is_dir() else (location.parent, location)
    named: list[Path] = []
    for file in [ini] if ini else [folder / "alembic.ini", folder.parent / "alembic.ini", root / "alembic.ini"]:
        section = _section(file)
        if ini and (place := section.get("script_location")):
            folder = _first_folder(place, (file.parent, root)) or folder
        if written := section.get("version_locations"):
            separator = section.get("path_separator") or section.get("version_path_separator") or ""
            parts = re.split(_SEPARATORS.get(separator, r"[\s,]+|, *"), written)
            named = [each for part in parts if part and (each := _first_folder(part, (file.parent, root)))]
            break
    return named or [folder / "versions"]


def _section(ini: Path) -> Mapping[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(ini, encoding="utf-8")
        section = dict(parser.items("alembic"))
    except (configparser.Error, OSError, UnicodeDecodeError):
        return {}
    return {name: value.replace("%(here)s", str(ini.parent)) for name, value in section.items()}


def _first_folder(written: str, starts: Iterable[Path]) -> Path | None:
    inside = written.strip().rpartition(":")[2]
    return next((start / inside for start in starts if (start / inside).is_dir()), None)


def _parsed(file: Path, root: Path) -> RevisionFile | None:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    facts = dict(_facts(tree))
    revision = facts.get("revision", ())
    if len(revision) != 1:
        return None
    lines = [node.lineno for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"]
    parents = (*facts.get("down_revision", ()), *facts.get("depends_on", ()))
    return RevisionFile(revision[0], os.path.relpath(file, root), lines[0] if lines else 1, parents)


def _facts(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what the module's own level assigns to the names alembic reads; also several names at once."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _assigned(node.target, node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _assigned(target, node.value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for one, its in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, its)
    elif isinstance(target, ast.Name) and target.id in _FACTS:
        yield target.id, _texts(value)


def _texts(value: ast.expr) -> tuple[str, ...]:
    try:
        found = ast.literal_eval(value)
    except ValueError:
        return ()
    items = found if isinstance(found, tuple | list | set) else (found,)
    return tuple(item for item in items if isinstance(item, str))


def _needed_by(found: Mapping[str, RevisionFile], names: Iterable[str]) -> set[str]:
    needed: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found and name not in needed:
            needed.add(name)
            waiting += found[name].parents
    return needed


def _oldest_first(found: Mapping[str, RevisionFile]) -> Iterator[RevisionFile]:
    """Yield each after all its parents; of several that could come next, the one whose name is smaller."""
    waiting = {name: {parent for parent in each.parents if parent in found} for name, each in found.items()}
    while waiting:
        ready = sorted(name for name, parents in waiting.items() if not parents) or sorted(waiting)[:1]
        for name in ready:
            yield found[name]
            del waiting[name]
        for parents in waiting.values():
            parents.difference_update(ready)
