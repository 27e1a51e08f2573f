"""What the file of a revision says of its two functions, without running it."""

from __future__ import annotations

import ast
from pathlib import Path

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.walk import Downgrade


@frozen
class Source:
    """Where the functions begin (0: there is none), and what there is for a downgrade."""

    line: int
    downgrade_line: int
    downgrade: Downgrade
    is_empty: bool = False
    """Whether the upgrade does nothing."""


def read_source(path: Path) -> Source:
    """Return what a revision's file says; one that is written in another way than usual counts as written."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):  # what does not parse does not import either, which is told elsewhere
        return Source(1, 0, Downgrade.WRITTEN)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    upgrade, downgrade = found.get("upgrade"), found.get("downgrade")
    line = upgrade.lineno if upgrade else 1
    is_empty = upgrade is not None and _kind_of(upgrade) is Downgrade.EMPTY
    if downgrade is not None:
        return Source(line, downgrade.lineno, _kind_of(downgrade), is_empty)
    return Source(line, 0, Downgrade.WRITTEN if _binds(tree, "downgrade") else Downgrade.MISSING, is_empty)


def _kind_of(function: ast.FunctionDef) -> Downgrade:
    body = [statement for statement in function.body if not _says_nothing(statement)]
    if not body:
        return Downgrade.EMPTY
    return Downgrade.REFUSES if isinstance(body[0], ast.Raise) else Downgrade.WRITTEN


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether it is `pass`, a docstring, or `...`."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or (isinstance(statement, ast.Return) and statement.value is None)


def _binds(tree: ast.Module, name: str) -> bool:
    """Whether a module's own level gives a name a value: by an import or an assignment."""
    bound: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            bound.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return name in bound or "*" in bound
