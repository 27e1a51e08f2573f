"""The parts of a condition."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.frozen import frozen

Datum = object
"""A value as conditions see it: None, bool, int, Decimal, float, str (text, dates, UUIDs), bytes; or OPAQUE."""


@frozen
class Constant:
    """A literal, or the values of a list."""

    value: Datum


@frozen
class Name:
    """A column."""

    column: str


@frozen
class Apply:
    """An operator or function over arguments; operators are named by their sign, keywords in lower case.

    ``any`` and ``all`` have the comparison's sign behind a blank (``any =``), ``cast`` is over one argument and
    names its type in ``type``.
    """

    operator: str
    arguments: tuple[Node, ...]
    type: str = ""


Node = Constant | Name | Apply


def columns_of(node: Node) -> frozenset[str]:
    """Return the names of all columns in a condition."""
    return frozenset(part.column for part in parts_of(node) if isinstance(part, Name))


def parts_of(node: Node) -> Iterator[Node]:
    """Yield a condition and everything below it."""
    yield node
    if isinstance(node, Apply):
        for argument in node.arguments:
            yield from parts_of(argument)


def renamed(node: Node, old: str, new: str) -> Node:
    """Return a condition with one column called something else."""
    if isinstance(node, Name):
        return Name(new) if node.column == old else node
    if isinstance(node, Apply):
        return Apply(node.operator, tuple(renamed(each, old, new) for each in node.arguments), node.type)
    return node
