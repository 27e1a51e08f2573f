"""What a condition gives away about values that would satisfy it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.conditions.evaluate import OPAQUE, evaluate
from pytest_dbops.migrating.filling.conditions.nodes import Apply, Datum, Name, Node, columns_of, parts_of

_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_LENGTHS = ("length", "char_length", "character_length", "octet_length")
_TRANSPARENT = ("cast", "lower", "upper", "trim", "btrim", "coalesce")
_PATTERNS = {"~~": "like", "~~*": "like", "~": "regex", "~*": "regex"}


@frozen
class Fixed:
    """A value the condition names, or one beside it."""

    value: Datum


@frozen
class Sized:
    """A value of this length."""

    length: int


@frozen
class Pattern:
    """A text that a pattern accepts; ``kind`` is like, regex or start (a text it begins with)."""

    kind: str
    text: str


@frozen
class Derived:
    """What an expression over other columns comes to."""

    node: Node
    is_equal: bool


Suggestion = Fixed | Sized | Pattern | Derived


def suggestions_of(node: Node) -> dict[str, list[Suggestion]]:
    """Return what to try for each column of a condition, in the order it is written, each once."""
    found: dict[str, list[Suggestion]] = {}
    for part in parts_of(node):
        if isinstance(part, Apply):
            for column, suggestion in _from(part):
                known = found.setdefault(column, [])
                if suggestion not in known:
                    known.append(suggestion)
    return found


def listed_values(node: Node) -> Mapping[str, tuple[Datum, ...]]:
    """Return the values of each column that a condition lists at its top: ``status IN ('a', 'b')``."""
    if isinstance(node, Apply) and node.operator == "and":
        return {**listed_values(node.arguments[0]), **listed_values(node.arguments[1])}
    if isinstance(node, Apply) and node.operator == "any =":
        column = _column(node.arguments[0])
        values = tuple(evaluate(each, {}) for each in node.arguments[1:])
        if column and not any(value is OPAQUE for value in values):
            return {column: values}
    return {}


def _from(part: Apply) -> Iterator[tuple[str, Suggestion]]:
    if part.operator in _COMPARISONS or part.operator == "is":
        left, right = part.arguments
        yield from _compared(part.operator, left, right)
        yield from _compared(part.operator, right, left)
    elif part.operator in _PATTERNS:
        column, pattern = _column(part.arguments[0]), evaluate(part.arguments[1], {})
        if column and isinstance(pattern, str):
            yield column, Pattern(_PATTERNS[part.operator], pattern)
    else:
        quantifier, _, sign = part.operator.partition(" ")
        if quantifier in ("any", "all") and sign:
            for item in part.arguments[1:]:
                yield from _compared(sign, part.arguments[0], item)


def _compared(sign: str, side: Node, other: Node) -> Iterator[tuple[str, Suggestion]]:
    column, measured = _column(side), _measured(side)
    if columns_of(other):
        if column and column not in columns_of(other):
            yield column, Derived(other, sign == "=")
        return
    value = evaluate(other, {})
    if value is OPAQUE or value is None:
        return
    started = _started(side)
    if started and isinstance(value, str):
        yield started, Pattern("start", value)
    if measured and isinstance(value, int | Decimal):
        for length in (int(value), int(value) + 1, int(value) - 1):
            if length >= 0:
                yield measured, Sized(length)
    elif column:
        for near in _near(value):
            yield column, Fixed(near)


def _near(value: Datum) -> tuple[Datum, ...]:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return (value, value + 1, value - 1)
    return (value,)


def _column(node: Node) -> str:
    """Return the column a side is about, also through casts and changes of case; empty for none."""
    if isinstance(node, Name):
        return node.column
    if isinstance(node, Apply) and node.operator in _TRANSPARENT and node.arguments:
        return _column(node.arguments[0])
    return ""


def _started(node: Node) -> str:
    """Return the column whose beginning a side is about: ``left(code, 2)``, ``substr(code, 1, 2)``."""
    if isinstance(node, Apply) and node.operator == "left":
        return _column(node.arguments[0])
    if isinstance(node, Apply) and node.operator in ("substr", "substring") and len(node.arguments) > 1:
        return _column(node.arguments[0]) if evaluate(node.arguments[1], {}) == 1 else ""
    return ""


def _measured(node: Node) -> str:
    while isinstance(node, Apply) and node.operator in ("cast", "coalesce"):
        node = node.arguments[0]
    return _column(node.arguments[0]) if isinstance(node, Apply) and node.operator in _LENGTHS else ""
