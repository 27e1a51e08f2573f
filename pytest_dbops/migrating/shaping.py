"""Which files of a project shape what a revision does, and the text of each that matters: read, never imported."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.readings import READINGS
from pytest_dbops.migrating.real_files import RealFiles
from pytest_dbops.migrating.remembered import Remembered

_WITHOUT_EFFECT = frozenset({"sqlalchemy", "__future__", *sys.stdlib_module_names})
_NAMES = Remembered[tuple[tuple[int, str], ...]]()
_DIGESTS = Remembered[str]()
_OF_TABLES = frozenset({"__tablename__", "__table__"})
_MAKE_PARTS = frozenset({"Table", "Index"})
_ADD_PARTS = frozenset({"append_column", "append_constraint"})


@dataclass
class Sources:
    """The Python files of a project, found by the names they are imported by; each is read and parsed once.

    root: the project's folder, outside of which nothing counts as its own.
    places: folders that modules are imported from, in order.
    """

    root: Path
    places: tuple[Path, ...]
    real: RealFiles = field(default_factory=RealFiles)
    _imports: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    _found: dict[tuple[Path | None, str], tuple[Path, ...]] = field(default_factory=dict)
    _listings: dict[Path, frozenset[str]] = field(default_factory=dict)

    def closure(self, *files: Path) -> frozenset[Path]:
        """Return these and all files of the project that they import, directly or through others."""
        found: set[Path] = set()
        waiting = [self.real.of(file) for file in files]
        while waiting:
            file = waiting.pop()
            if file not in found and file.is_file():
                found.add(file)
                waiting += self._imported(file)
        return frozenset(found)

    def _imported(self, file: Path) -> tuple[Path, ...]:
        if file not in self._imports:
            names = _NAMES.get(file, lambda: _imported_names(file))
            self._imports[file] = tuple(each for level, name in names for each in self._files(file, level, name))
        return self._imports[file]

    def _files(self, file: Path, level: int, name: str) -> tuple[Path, ...]:
        """Return the files that importing a dotted name runs: those of its packages, and its own."""
        start = file.parents[level - 1] if level else None
        if (start, name) not in self._found:
            self._found[start, name] = tuple(self._looked_for(start, name))
        return self._found[start, name]

    def _looked_for(self, start: Path | None, name: str) -> Iterator[Path]:
        starts = self._starts if start is None else (start,)
        parts = [part for part in name.split(".") if part]
        for place in starts:
            if start is not None and (place / "__init__.py").is_file():
                yield place / "__init__.py"
            yield from (each for each in self._below(place, parts) if each.is_relative_to(self._root))

    def _below(self, folder: Path, parts: Sequence[str]) -> Iterator[Path]:
        """Yield the files that a dotted name runs from a folder on; most names are a library's, and end at once."""
        for part in parts:
            held = self._listing(folder)
            if f"{part}.py" in held:
                yield folder / f"{part}.py"
            if part not in held:
                return
            folder /= part
            if "__init__.py" in self._listing(folder):
                yield folder / "__init__.py"

    def _listing(self, folder: Path) -> frozenset[str]:
        """Return the names in a folder; nothing for what is none."""
        if folder not in self._listings:
            try:
                with os.scandir(folder) as entries:
                    self._listings[folder] = frozenset(entry.name for entry in entries)
            except OSError:
                self._listings[folder] = frozenset()
        return self._listings[folder]

    @cached_property
    def _root(self) -> Path:
        return self.root.resolve()

    @cached_property
    def _starts(self) -> tuple[Path, ...]:
        return tuple(place.resolve() for place in self.places)


def digest_of(file: Path) -> str:
    """Return a hash of a file's bytes; of one that cannot be read, that it cannot."""
    return _DIGESTS.get(file, lambda: _digest_of(file))


def _digest_of(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def settings_digest(file: Path) -> str:
    """Return a hash of what a module that env.py imports can do to a migration.

    Tables, mapped or not, and imports without effect are left out: a column that is added to a model changes no
    revision that does not import the model. What stays is everything else, as a naming convention.
    """
    try:
        content = file.read_bytes()
    except OSError:
        return digest_of(file)
    return READINGS.get(content, _Settings, lambda: _settings(content)).digest


def names_in(file: Path, stems: Collection[str]) -> frozenset[str]:
    """Return those of the words that a file's text holds: how a revision names data that lies beside it."""
    if not stems:
        return frozenset()
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    return frozenset(stem for stem in stems if stem in text or stem == file.stem)


@frozen
class _Settings:
    """The hash of what a module does beside describing tables; empty where that is nothing."""

    digest: str = ""


def _settings(content: bytes) -> _Settings:
    tree = _parsed(content)
    if tree is None:
        return _Settings(hashlib.sha256(content).hexdigest())
    tables = _Tables(tree)
    kept = [ast.unparse(node) for node in tree.body if not (_is_without_effect(node) or tables.has(node))]
    return _Settings(hashlib.sha256("\n".join(kept).encode()).hexdigest() if kept else "")


@frozen
class _Imported:
    """The dotted names that a file imports, each with the number of dots before it."""

    names: tuple[tuple[int, str], ...] = ()


def _imported_names(file: Path) -> tuple[tuple[int, str], ...]:
    try:
        content = file.read_bytes()
    except OSError:
        return ()
    return READINGS.get(content, _Imported, lambda: _imported(content)).names


def _imported(content: bytes) -> _Imported:
    tree = _parsed(content)
    return _Imported() if tree is None else _Imported(tuple(dict.fromkeys(_names(tree))))


def _parsed(content: bytes) -> ast.Module | None:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError):
        return None


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield node.level, module
            yield from ((node.level, f"{module}.{alias.name}".strip(".")) for alias in node.names)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield all statements of a module, nested ones too, and no expressions: those are nine tenths of a tree."""
    waiting: list[ast.AST] = [*tree.body]
    while waiting:
        node = waiting.pop()
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, block, ())


def _is_without_effect(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return all(alias.name.partition(".")[0] in _WITHOUT_EFFECT for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return bool(node.level) or (node.module or "").partition(".")[0] in _WITHOUT_EFFECT
    if isinstance(node, ast.ClassDef):
        return any(isinstance(part, ast.Assign | ast.AnnAssign) and _target(part) in _OF_TABLES for part in node.body)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class _Tables:
    """The statements of a module that describe tables by SQLAlchemy's own words, without mapped classes."""

    def __init__(self, tree: ast.Module) -> None:
        self._library = {
            (alias.asname or alias.name).partition(".")[0]
            for node in tree.body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
            if _top_of(node, alias) == "sqlalchemy"
        }
        self._tables: set[str] = set()

    def has(self, node: ast.stmt) -> bool:
        """Whether a statement makes a table or an index, or adds to a table made before it."""
        if not isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
            return False
        *start, name = _dotted(node.value.func)
        if isinstance(node, ast.Expr) and name in _ADD_PARTS:
            return len(start) == 1 and start[0] in self._tables
        is_part = name in _MAKE_PARTS and (start or [name])[0] in self._library
        if is_part and not isinstance(node, ast.Expr):
            self._tables.add(_target(node))
        return is_part


def _top_of(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return the package that a name is imported from; empty for one of the project's own, named by dots."""
    if isinstance(node, ast.Import):
        return alias.name.partition(".")[0]
    return "" if node.level else (node.module or "").partition(".")[0]


def _dotted(node: ast.expr) -> list[str]:
    """Return the parts of a dotted name; one empty part for what is none."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return [*before, node.attr] if before != [""] else before
    return [""]


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""
