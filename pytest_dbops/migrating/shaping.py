"""Which files of a project shape what a revision does, and the text of each that matters: read, never imported."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pytest_dbops.migrating.remembered import Remembered

_WITHOUT_EFFECT = frozenset({"sqlalchemy", "__future__", *sys.stdlib_module_names})
_NAMES = Remembered[tuple[tuple[int, str], ...]]()
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
    _imports: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    _found: dict[tuple[Path | None, str], tuple[Path, ...]] = field(default_factory=dict)

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
            for number in range(1, len(parts) + 1):
                stem = place.joinpath(*parts[:number])
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

    Tables, mapped or not, and imports without effect are left out: a column that is added to a model changes no
    revision that does not import the model. What stays is everything else, as a naming convention.
    """
    tree = _parsed(file)
    if tree is None:
        return digest_of(file)
    tables = _Tables(tree)
    kept = [ast.unparse(node) for node in tree.body if not (_is_without_effect(node) or tables.has(node))]
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


def _imported_names(file: Path) -> tuple[tuple[int, str], ...]:
    """Return the dotted names that a file imports, each with the number of dots before it."""
    tree = _parsed(file)
    return () if tree is None else tuple(dict.fromkeys(_names(tree)))


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
