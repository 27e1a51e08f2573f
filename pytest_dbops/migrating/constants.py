"""What the names of a module are worth when it is read and not run: texts, lists of texts, None."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from pytest_dbops.core.frozen import frozen

Constant = str | None | tuple[str | None, ...]


class NotConstant(ValueError):
    """Raised for an expression whose value only running it would tell."""


@frozen
class Assigned:
    """What was assigned to a name, and where; `value` is None in the sense of Python only if `is_known`."""

    line: int
    value: Constant = None
    is_known: bool = True


def module_constants(tree: ast.Module) -> Mapping[str, Assigned]:
    """Return what the names of a module hold at its end, as far as constants tell; the last assignment counts."""
    names: dict[str, Assigned] = {}
    for node in statements(tree.body):
        for target, value in _assignments(node):
            _assign(target, value, names)
    return names


def every_constant(tree: ast.Module) -> Mapping[str, Assigned]:
    """Return what names hold anywhere in a module, functions included; one that differs between places is unknown."""
    names: dict[str, Assigned] = {}
    for node in ast.walk(tree):
        for target, value in _assignments(node) if isinstance(node, ast.stmt) else ():
            before = dict(names)
            _assign(target, value, names)
            for name, assigned in before.items():
                if names[name] is not assigned and names[name].value != assigned.value:
                    names[name] = Assigned(assigned.line, is_known=False)
    return names


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is imported, those inside `if`, `try` and `with` included."""
    for node in body:
        yield node
        for part in ("body", "handlers", "orelse", "finalbody"):
            inner = getattr(node, part, [])
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and isinstance(inner, list):
                yield from statements(inner)


def constant_of(node: ast.expr, names: Mapping[str, Assigned]) -> Constant:
    """Return the value of an expression of constants; raises NotConstant for any other."""
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str)):
        return node.value
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return tuple(_item(each, names) for each in node.elts)
    if isinstance(node, ast.Name) and node.id in names and names[node.id].is_known:
        return names[node.id].value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = constant_of(node.left, names), constant_of(node.right, names)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        if isinstance(left, tuple) and isinstance(right, tuple):
            return left + right
    if isinstance(node, ast.JoinedStr):
        return "".join(_formatted(each, names) for each in node.values)
    raise NotConstant(ast.unparse(node))


def _assignments(node: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        sum_of = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        yield node.target, ast.copy_location(sum_of, node)


def _assign(target: ast.expr, value: ast.expr, names: dict[str, Assigned]) -> None:
    if isinstance(target, ast.Name):
        try:
            names[target.id] = Assigned(target.lineno, constant_of(value, names))
        except NotConstant:
            names[target.id] = Assigned(target.lineno, is_known=False)
    elif isinstance(target, ast.Tuple | ast.List):
        values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        is_starred = any(isinstance(each, ast.Starred) for each in (*target.elts, *values))
        matches = len(values) == len(target.elts) and not is_starred
        for number, each in enumerate(target.elts):
            _assign(each, values[number] if matches else ast.Constant(...), names)


def _item(node: ast.expr, names: Mapping[str, Assigned]) -> str | None:
    value = constant_of(node, names)
    if isinstance(value, tuple):
        raise NotConstant(ast.unparse(node))
    return value


def _formatted(node: ast.expr, names: Mapping[str, Assigned]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None:
        value = constant_of(node.value, names)
        if isinstance(value, str):
            return value
    raise NotConstant(ast.unparse(node))
