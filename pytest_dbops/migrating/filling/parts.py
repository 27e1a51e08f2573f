"""Cut a table's columns into parts that rules do not join, and put the steps of each in order."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.conditions.nodes import Apply, Name, Node, columns_of, parts_of
from pytest_dbops.migrating.filling.shapes import CheckRule, ColumnShape, Reference, TableShape

CHOICE = "choice"
"""The step that picks a partition."""


@frozen
class Part:
    """Steps to decide one after another, and the rules over them; ``uniques`` are numbers of rules of the shape."""

    steps: tuple[ColumnShape | Reference | str, ...]
    checks: tuple[CheckRule, ...]
    uniques: tuple[int, ...]


def parts_of_shape(shape: TableShape) -> tuple[Part, ...]:
    """Return the parts of a table; a table without rules has one for each column."""
    names = [column.name for column in shape.columns]
    return tuple(_part(shape, frozenset(group)) for group in _joined(names, _rules(shape)))


def _rules(shape: TableShape) -> Iterable[frozenset[str]]:
    yield from (check.columns for check in shape.checks)
    yield from (rule.columns for rule in shape.uniques)
    yield from (frozenset(reference.columns) for reference in shape.references)
    yield from (frozenset((*each.columns, *each.target_columns)) for each in shape.references if each.is_self)
    yield frozenset().union(*(choice.keys() for choice in shape.choices))


def _joined(names: list[str], rules: Iterable[frozenset[str]]) -> list[list[str]]:
    home = {name: [name] for name in names}
    for rule in rules:
        groups = {id(home[name]): home[name] for name in rule if name in home}
        merged = [name for group in groups.values() for name in group]
        home.update(dict.fromkeys(merged, merged))
    return list({id(group): group for group in home.values()}.values())


def _part(shape: TableShape, names: frozenset[str]) -> Part:
    references = [each for each in shape.references if names & set(each.columns)]
    others = sorted((each for each in references if not each.is_self), key=lambda each: -len(each.columns))
    own = [each for each in references if each.is_self]
    late = {name for each in own for name in each.columns} - {name for each in others for name in each.columns}
    late -= {name for each in own for name in each.target_columns}
    checks = tuple(check for check in shape.checks if check.columns & names)
    depth = _depths(checks)
    columns = [column for column in shape.columns if column.name in names]
    columns.sort(key=lambda column: depth.get(column.name, 0))
    early = [column for column in columns if column.name not in late]
    steps: list[ColumnShape | Reference | str] = []
    if shape.choices and shape.choices[0].keys() & names:
        steps.append(CHOICE)
    steps += [*others, *early, *own, *(column for column in columns if column.name in late)]
    uniques = tuple(n for n, rule in enumerate(shape.uniques) if rule.columns & names)
    return Part(tuple(steps), checks, uniques)


def _depths(checks: Iterable[CheckRule]) -> dict[str, int]:
    """Return how far each column is from those it is computed of: ``gross = net + tax`` puts gross behind."""
    inputs: dict[str, set[str]] = {}
    for check in checks:
        for part in parts_of(check.node):
            if isinstance(part, Apply) and part.operator == "=":
                for side, expression in (part.arguments, part.arguments[::-1]):
                    if isinstance(side, Name) and _is_computed(expression, side.column):
                        inputs.setdefault(side.column, set()).update(columns_of(expression))
    found: dict[str, int] = {}
    for column in inputs:
        found[column] = _depth(column, inputs, frozenset())
    return found


def _is_computed(expression: Node, column: str) -> bool:
    return not isinstance(expression, Name) and bool(columns_of(expression)) and column not in columns_of(expression)


def _depth(column: str, inputs: dict[str, set[str]], above: frozenset[str]) -> int:
    if column in above or column not in inputs:
        return 0
    return 1 + max((_depth(each, inputs, above | {column}) for each in inputs[column]), default=0)
