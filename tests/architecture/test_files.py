"""What every file of the package keeps to: one reason to exist, a bounded size, docstrings on what is public."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "pytest_dbops"
CEILING = 400
TALLER: dict[str, str] = {}
"""Files that may be taller, each with the reason; empty means that none needs to be."""
REFUSED = {"utils", "helpers", "manager", "base", "common", "misc"}
FILES = sorted(PACKAGE.rglob("*.py"))


def test_no_file_is_taller_than_the_ceiling() -> None:
    tall = {_name(file) for file in FILES if len(file.read_text(encoding="utf-8").splitlines()) > CEILING}
    assert tall == set(TALLER)


def test_no_module_has_a_name_without_a_reason() -> None:
    assert {_name(file) for file in FILES if file.stem in REFUSED or file.parent.name in REFUSED} == set()


def test_every_file_says_in_its_first_line_what_it_is_for() -> None:
    silent = {_name(file) for file in FILES if file.stat().st_size and not ast.get_docstring(_tree(file))}
    assert silent == set()


def test_every_public_class_and_function_has_a_docstring() -> None:
    undocumented = {
        f"{_name(file)}:{node.lineno} {node.name}"
        for file in FILES
        for node in _public(_tree(file))
        if not ast.get_docstring(node)
    }
    assert undocumented == set()


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """Yield the public classes and functions of a module, and the public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()
