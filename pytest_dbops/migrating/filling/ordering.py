"""The order in which tables are filled: those referred to first, those in a circle together."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_dbops.migrating.filling.shapes import TableName, TableShape


def in_order(shapes: Sequence[TableShape]) -> tuple[tuple[TableShape, ...], ...]:
    """Return groups of tables, a group after all it refers to; more than one table only where they form a circle.

    In a circle come first those whose references into the rest of it may be NULL.
    """
    by_name = {shape.key: shape for shape in shapes}
    targets = {
        shape.key: [
            each.target for each in shape.references if not each.is_self and each.target in by_name
        ]
        for shape in shapes
    }  # fmt: skip
    groups = _circles(sorted(by_name), targets)
    return tuple(_arranged([by_name[name] for name in group]) for group in groups)


def _arranged(group: list[TableShape]) -> tuple[TableShape, ...]:
    waiting, arranged = sorted(group, key=lambda shape: shape.key), []
    while waiting:
        names = {shape.key for shape in waiting}
        free = [shape for shape in waiting if not _is_bound(shape, names)]
        first = (free or waiting)[0]
        arranged.append(first)
        waiting.remove(first)
    return tuple(arranged)


def _is_bound(shape: TableShape, names: set[TableName]) -> bool:
    return any(
        each.target in names and not each.is_self and not each.may_be_null for each in shape.references
    )  # fmt: skip


def _circles(names: Sequence[TableName], targets: dict[TableName, list[TableName]]) -> list[list[TableName]]:
    """Return the strongly connected components, targets first (Tarjan's algorithm, without recursion)."""
    index: dict[TableName, int] = {}
    low: dict[TableName, int] = {}
    stack: list[TableName] = []
    groups: list[list[TableName]] = []
    for start in names:
        if start in index:
            continue
        work = [(start, 0)]
        while work:
            name, at = work.pop()
            if at == 0:
                index[name] = low[name] = len(index)
                stack.append(name)
            for place in range(at, len(targets[name])):
                target = targets[name][place]
                if target not in index:
                    work += [(name, place + 1), (target, 0)]
                    break
                if target in stack:
                    low[name] = min(low[name], index[target])
            else:
                if low[name] == index[name]:
                    cut = stack.index(name)
                    groups.append(stack[cut:])
                    del stack[cut:]
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[name])
    return groups
