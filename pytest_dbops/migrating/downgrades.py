"""Tell what a `downgrade` does from its syntax tree: nothing, only refuse, or something."""

from __future__ import annotations

import ast

from pytest_dbops.core.history import Downgrade


def describe_downgrade(node: ast.stmt) -> tuple[Downgrade, str]:
    """Return what the statement that binds `downgrade` does, and the words of one that only raises.

    Without words in the error, those of the function's docstring are taken.
    """
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return Downgrade.RUNS, ""  # an import or an alias: what it does is elsewhere
    work = [each for each in node.body if not _is_idle(each)]
    if not work:
        return Downgrade.EMPTY, ""
    if not isinstance(work[0], ast.Raise):
        return _asserted(work[0])
    if work[0].exc is None:
        return Downgrade.RUNS, ""  # it raises what is being handled: not an answer of its own
    return Downgrade.RAISES, _words(work[0].exc) or _first_line(ast.get_docstring(node))


def _is_idle(node: ast.stmt) -> bool:
    """Whether a statement does nothing: pass, a docstring, `...`, a bare return."""
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Return) and (node.value is None or isinstance(node.value, ast.Constant))


def _asserted(node: ast.stmt) -> tuple[Downgrade, str]:
    is_false = isinstance(node, ast.Assert) and isinstance(node.test, ast.Constant) and not node.test.value
    if is_false and isinstance(node, ast.Assert):
        return Downgrade.RAISES, _text(node.msg) if node.msg is not None else ""
    return Downgrade.RUNS, ""


def _words(raised: ast.expr) -> str:
    if not isinstance(raised, ast.Call):
        return ""
    return " ".join(filter(None, (_text(each) for each in raised.args)))


def _text(node: ast.expr) -> str:
    """Return the words of an expression on one line; what would be filled in stays as it is written."""
    if isinstance(node, ast.Constant):
        return " ".join(str(node.value).split()) if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else ast.unparse(each) for each in node.values]
        return " ".join("".join(map(str, parts)).split())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return f"{_text(node.left)} {_text(node.right)}".strip()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _text(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _text(node.func.value)
    return ""


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0].strip()
