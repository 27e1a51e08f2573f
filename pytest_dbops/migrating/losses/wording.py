"""Say what became of a value without showing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from pytest_dbops.core.catalog import Column

_LONGEST_KEY = 60
_CUT = "text cut"
_TEXTS = ("char", "text", "clob", "json", "name")


def in_words(values: Sequence[tuple[str | None, str | None]], column: Column) -> str:
    """Return what sorts of changes these are, the two commonest, one that all have with its measure."""
    kinds = Counter(kind_of(old, new, column) for old, new in values)
    if set(kinds) == {_CUT}:
        longest = max(len(_bare(old or "")) for old, _ in values)
        return f"{_CUT} from {longest} to {max(len(_bare(new or '')) for _, new in values)} characters"
    return ", ".join(kind for kind, _ in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:2])


def kind_of(old: str | None, new: str | None, column: Column) -> str:
    """Return in words what sort of change it is, the same words for the same sort."""
    if new is None:
        return "NULL after the downgrade"
    if old is None:
        return "was NULL" + (", default filled in" if _is_default(new, column) else "")
    if _is_default(new, column):
        return "default filled in"
    before, after = _bare(old), _bare(new)
    if len(after) < len(before) and before.startswith(after):
        return _CUT if _is_text(column) else "cut"
    first, second = _number(before), _number(after)
    if first is not None and second is not None:
        return "rounded" if abs(first - second) < 1 else "another number"
    if before.casefold() == after.casefold():
        return "capitals changed"
    if before.strip() == after.strip():
        return "blanks changed"
    return "another value"


def shown(value: str | None) -> str:
    """Return what sort of value it is: its length and shape, nothing of it."""
    if value is None:
        return "NULL"
    bare = _bare(value)
    if value.startswith(("X'", "\\x")):
        return f"{(len(value) - (3 if value[0] == 'X' else 2)) // 2} bytes"
    number = _number(bare)
    if number is not None:
        return f"number of {len(number.as_tuple().digits)} digits"
    if not bare:
        return "empty text"
    outside = "" if bare.isascii() else " outside ASCII"
    return f"text of {len(bare)} characters{outside}"


def shown_key(key: Mapping[str, str | None]) -> str:
    """Return a row's key: ``id=7``; long values are cut."""
    return ", ".join(f"{name}={_short(_bare(value or 'NULL'))}" for name, value in key.items())


def _is_default(value: str, column: Column) -> bool:
    if column.default is None:
        return False
    return _bare(column.default.partition("::")[0].strip("()")) == _bare(value)


def _is_text(column: Column) -> bool:
    return any(part in column.type.lower() for part in _TEXTS)


def _bare(text: str) -> str:
    return text[1:-1].replace("''", "'") if len(text) > 1 and text[0] == text[-1] == "'" else text


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}…"


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
