"""Judge a condition over one row, in three-valued logic, without a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from pytest_dbops.migrating.filling.conditions.nodes import Apply, Constant, Datum, Name, Node


class _Mark:
    """A value that stands for something else; only its identity counts."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


OPAQUE = _Mark("OPAQUE")
"""A value that is there but is not known or not comparable here; also what a condition over it comes to."""

_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_TRUE = ("t", "true", "yes", "on", "1")
_NUMBERS = ("integer", "bigint", "smallint", "int", "numeric", "decimal", "real", "double precision", "float")
_WHOLE = ("integer", "bigint", "smallint", "int")
_TEXTS = ("text", "character varying", "character", "varchar", "bpchar", "citext", "name")


def holds(node: Node, row: Mapping[str, Datum]) -> bool:
    """Tell whether a check would accept the row: anything but false, as far as it can be judged."""
    result = evaluate(node, row)
    return result is OPAQUE or result is None or bool(result)


def evaluate(node: Node, row: Mapping[str, Datum]) -> Datum:
    """Return what a condition or expression comes to over a row; OPAQUE where that cannot be told."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Name):
        return _column(node.column, row)
    try:
        return _apply(node, row)
    except (TypeError, ValueError, ArithmeticError, InvalidOperation, IndexError, AttributeError, re.error):
        return OPAQUE


def _column(name: str, row: Mapping[str, Datum]) -> Datum:
    if name in row:
        return row[name]
    folded = name.casefold()
    return next((value for column, value in row.items() if column.casefold() == folded), OPAQUE)


def _apply(node: Apply, row: Mapping[str, Datum]) -> Datum:
    special = _SPECIAL.get(node.operator)
    if special is not None:
        return special(node, row)
    values = [evaluate(argument, row) for argument in node.arguments]
    quantifier, _, sign = node.operator.partition(" ")
    if quantifier in ("any", "all") and sign:
        return _quantified(quantifier, sign, values)
    function = _FUNCTIONS.get(node.operator)
    if function is None or any(value is OPAQUE for value in values):
        return OPAQUE
    if any(value is None for value in values):
        return None
    return function(*values)


def _and(node: Apply, row: Mapping[str, Datum]) -> Datum:
    return _both(evaluate(node.arguments[0], row), evaluate(node.arguments[1], row), decides=False)


def _or(node: Apply, row: Mapping[str, Datum]) -> Datum:
    return _both(evaluate(node.arguments[0], row), evaluate(node.arguments[1], row), decides=True)


def _both(left: Datum, right: Datum, *, decides: bool) -> Datum:
    for side in (left, right):
        if side is not OPAQUE and side is not None and bool(side) is decides:
            return decides
    if left is OPAQUE or right is OPAQUE:
        return OPAQUE
    return None if left is None or right is None else not decides


def _not(node: Apply, row: Mapping[str, Datum]) -> Datum:
    value = evaluate(node.arguments[0], row)
    return value if value is OPAQUE or value is None else not value


def _is_null(node: Apply, row: Mapping[str, Datum]) -> Datum:
    return evaluate(node.arguments[0], row) is None


def _is(node: Apply, row: Mapping[str, Datum]) -> Datum:
    left, right = (evaluate(argument, row) for argument in node.arguments)
    if left is OPAQUE or right is OPAQUE:
        return OPAQUE
    if left is None or right is None:
        return left is right
    return _compare("=", left, right)


def _case(node: Apply, row: Mapping[str, Datum]) -> Datum:
    *branches, otherwise = node.arguments
    for condition, result in zip(branches[::2], branches[1::2], strict=True):
        value = evaluate(condition, row)
        if value is OPAQUE:
            return OPAQUE
        if value:
            return evaluate(result, row)
    return evaluate(otherwise, row)


def _coalesce(node: Apply, row: Mapping[str, Datum]) -> Datum:
    for argument in node.arguments:
        value = evaluate(argument, row)
        if value is not None:
            return value
    return None


def _count_nulls(node: Apply, row: Mapping[str, Datum]) -> Datum:
    nulls = sum(evaluate(argument, row) is None for argument in node.arguments)
    return nulls if node.operator == "num_nulls" else len(node.arguments) - nulls


def _cast(node: Apply, row: Mapping[str, Datum]) -> Datum:
    value = evaluate(node.arguments[0], row)
    if value is None or value is OPAQUE:
        return value
    if node.type in _TEXTS:
        return _as_text(value)
    if node.type in _NUMBERS:
        number = _as_number(value)
        return int(number.to_integral_value(ROUND_HALF_UP)) if node.type in _WHOLE else number
    if node.type in ("boolean", "bool"):
        return str(value).lower() in _TRUE if isinstance(value, str) else bool(value)
    if isinstance(value, str) and node.type.startswith(("date", "time")):
        return re.sub(r"(?<=:\d\d)[+-]\d\d(:?\d\d)?$", "", value)
    return value if not node.type.endswith("[]") and isinstance(value, str) else OPAQUE


def _as_text(value: Datum) -> Datum:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value) if isinstance(value, int | Decimal) else OPAQUE


def _as_number(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value) if isinstance(value, float) else value)


def _quantified(quantifier: str, sign: str, values: Sequence[Datum]) -> Datum:
    found = [_compared(sign, values[0], value) for value in values[1:]]
    decides = quantifier == "any"
    if decides in found:
        return decides
    if OPAQUE in found:
        return OPAQUE
    return None if None in found else not decides


def _compared(sign: str, left: Datum, right: Datum) -> Datum:
    if left is OPAQUE or right is OPAQUE:
        return OPAQUE
    return None if left is None or right is None else _compare(sign, left, right)


def _compare(sign: str, left: Any, right: Any) -> bool:
    if isinstance(left, int | Decimal | float) != isinstance(right, int | Decimal | float):
        left, right = _alike(left, right)
    if sign == "=":
        return bool(left == right)
    if sign == "<>":
        return bool(left != right)
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign])


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, bytes) or isinstance(right, bytes):
        raise TypeError("bytes and numbers are not compared")
    if isinstance(left, bool) or isinstance(right, bool):
        return (left if isinstance(left, bool) else left.lower() in _TRUE), (
            right if isinstance(right, bool) else right.lower() in _TRUE
        )
    return _as_number(left), _as_number(right)


def _add(left: Any, right: Any) -> Datum:
    if isinstance(left, float) or isinstance(right, float):
        return float(left) + float(right)
    return left + right if not isinstance(left, str) else OPAQUE


def _divide(left: Any, right: Any) -> Datum:
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    if isinstance(left, float) or isinstance(right, float):
        return float(left) / float(right)
    return _as_number(left) / _as_number(right)


def _remainder(left: Any, right: Any) -> Datum:
    if isinstance(left, int) and isinstance(right, int):
        sign = -1 if left < 0 else 1
        return sign * (abs(left) % abs(right))
    return left % right


def _round(value: Any, places: int = 0) -> Datum:
    return _as_number(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _like(value: str, pattern: str, flags: int = 0) -> bool:
    parts = {"%": ".*", "_": "."}
    return re.fullmatch("".join(parts.get(c) or re.escape(c) for c in pattern), value, re.DOTALL | flags) is not None


def _matches(value: str, pattern: str, flags: int = 0) -> bool:
    return re.search(pattern, value, flags) is not None


def _substring(value: str, start: int, count: int | None = None) -> str:
    begin = max(start - 1, 0)
    return value[begin:] if count is None else value[begin : max(start - 1 + count, 0)]


def _octets(value: Any) -> int:
    return len(value) if isinstance(value, bytes) else len(value.encode())


def _length(value: Any) -> Datum:
    return len(str(value)) if isinstance(value, str | int) else len(value)


def _typeof(value: Any) -> str:
    names = {int: "integer", bool: "integer", str: "text", bytes: "blob", float: "real", Decimal: "real"}
    return names[type(value)]


def _extract(field: str, value: str) -> Datum:
    place = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}.get(field.lower())
    return int(value[place]) if place is not None else OPAQUE


_SPECIAL: Mapping[str, Callable[[Apply, Mapping[str, Datum]], Datum]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "is null": _is_null,
    "is": _is,
    "case": _case,
    "coalesce": _coalesce,
    "ifnull": _coalesce,
    "num_nulls": _count_nulls,
    "num_nonnulls": _count_nulls,
    "cast": _cast,
}

_FUNCTIONS: Mapping[str, Callable[..., Datum]] = {
    **{
        sign: (lambda left, right, sign=sign: _compare(sign, left, right)) for sign in ("=", "<>", "<", ">", "<=", ">=")
    },
    "+": _add,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _remainder,
    "mod": _remainder,
    "negative": lambda value: -value,
    "||": lambda left, right: str(left) + str(right),
    "~~": _like,
    "!~~": lambda value, pattern: not _like(value, pattern),
    "~~*": lambda value, pattern: _like(value, pattern, re.IGNORECASE),
    "!~~*": lambda value, pattern: not _like(value, pattern, re.IGNORECASE),
    "~": _matches,
    "!~": lambda value, pattern: not _matches(value, pattern),
    "~*": lambda value, pattern: _matches(value, pattern, re.IGNORECASE),
    "!~*": lambda value, pattern: not _matches(value, pattern, re.IGNORECASE),
    "length": _length,
    "char_length": _length,
    "character_length": _length,
    "octet_length": _octets,
    "lower": lambda value: value.lower(),
    "upper": lambda value: value.upper(),
    "trim": lambda value: value.strip(" "),
    "btrim": lambda value, characters=" ": value.strip(characters),
    "ltrim": lambda value, characters=" ": value.lstrip(characters),
    "rtrim": lambda value, characters=" ": value.rstrip(characters),
    "abs": abs,
    "round": _round,
    "trunc": lambda value: int(value),
    "position": lambda value, part: value.find(part) + 1,
    "strpos": lambda value, part: value.find(part) + 1,
    "instr": lambda value, part: value.find(part) + 1,
    "substr": _substring,
    "substring": _substring,
    "left": lambda value, count: value[:count],
    "right": lambda value, count: value[-count:],
    "greatest": max,
    "least": min,
    "nullif": lambda left, right: None if left == right else left,
    "typeof": _typeof,
    "extract": _extract,
}
