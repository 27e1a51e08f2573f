"""Which files of a project shape what a revision does, and the text of each that matters: read, never imported."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_WITHOUT_EFFECT = frozenset({"sqlalchemy", "__future__", *sys.stdlib_module_names})
_OF_TABLES = frozenset({"__tablename__", "__table__"})


@dataclass
class Sources:
    """The Python files of a project, found by the names they are imported by; each is read and parsed once.

    root: the project's folder, outside of which nothing counts as its own.
    places: folders that modules are imported from, in order.
    """

    root: Path
    places: tuple[Path, ...]
    _imports: dict[Path, tuple[Path, ...]] = field(default_factory=dict)

    def closure(self, *files: Path) -> frozenset[Path]:
        """Return these and all files of the project that they import, directly or through others."""
        found: set[Path] = set()
        waiting = [file.resolve() for file in files]
        while waiting:
            file = waiting.pop()
            if file not in found and file.is_file():
                found.add(file)
                waiting += self._imported(file)
        return frozenset(found)

    def _imported(self, file: Path) -> tuple[Path, ...]:
        if file not in self._imports:
            tree = _parsed(file)
            names = () if tree is None else tuple(dict.fromkeys(_names(tree)))
            self._imports[file] = tuple(each for level, name in names for each in self._files(file, level, name))
        return self._imports[file]

    def _files(self, file: Path, level: int, name: str) -> Iterator[Path]:
        """Yield the files that importing a dotted name runs: those of its packages, and its own."""
        starts = self._starts if not level else (file.parents[level - 1],)
        parts = [part for part in name.split(".") if part]
        for start in starts:
            if level and (start / "__init__.py").is_file():
                yield start / "__init__.py"
            for number in range(1, len(parts) + 1):
                stem = start.joinpath(*parts[:number])
                for candidate in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
                    if candidate.is_file() and candidate.is_relative_to(self._root):
                        yield candidate

    @cached_property
    def _root(self) -> Path:
        return self.root.resolve()

    @cached_property
    def _starts(self) -> tuple[Path, ...]:
        return tuple(place.resolve() for place in self.places)


def digest_of(file: Path) -> str:
    """Return a hash of a file's bytes; of one that cannot be read, that it cannot."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def settings_digest(file: Path) -> str:
    """Return a hash of what a module that env.py imports can do to a migration.

    Mapped tables and imports without effect are left out: a column that is added to a model changes no revision that
    does not import the model. What stays is everything else, as a naming convention.
    """
    tree = _parsed(file)
    if tree is None:
        return digest_of(file)
    kept = [ast.unparse(node) for node in tree.body if not _is_without_effect(node)]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest() if kept else ""


def names_in(file: Path, stems: Iterable[str]) -> frozenset[str]:
    """Return those of the words that a file's text holds: how a revision names data that lies beside it."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(stem for stem in stems if stem in text or stem == file.stem)


def _parsed(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield node.level, module
            yield from ((node.level, f"{module}.{alias.name}".strip(".")) for alias in node.names)


def _is_without_effect(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return all(alias.name.partition(".")[0] in _WITHOUT_EFFECT for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return bool(node.level) or (node.module or "").partition(".")[0] in _WITHOUT_EFFECT
    if isinstance(node, ast.ClassDef):
        return any(isinstance(part, ast.Assign | ast.AnnAssign) and _target(part) in _OF_TABLES for part in node.body)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""
