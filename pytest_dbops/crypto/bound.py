"""How the values that fields are bound to, a row's tenant and its id, are written into their additional data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from pytest_dbops.core.encryption import BoundAs, BoundColumn
from pytest_dbops.crypto.derive import prefixed
from pytest_dbops.crypto.seal import Binding

_UUID_CHARACTERS = 36
_UUID_LENGTH = prefixed("x" * _UUID_CHARACTERS)[:2]


def binding_of(bind: Sequence[BoundColumn], values: Sequence[Any]) -> Binding | None:
    """Return the binding of a row; None where a part of it is NULL or not of its kind."""
    try:
        tenant, row = (_WRITTEN[each.written](value) for each, value in zip(bind, values, strict=True))
    except ValueError:
        return None
    return Binding(tenant, row) if tenant and row else None


def written(bound: BoundColumn, value: object) -> str:
    """Return a value of a binding column as the additional data holds it; raises ValueError for an unfit one."""
    return _WRITTEN[bound.written](value)


def written_or_empty(bound: BoundColumn, value: object) -> str:
    """Return what `written` returns, and nothing for an unfit value."""
    try:
        return _WRITTEN[bound.written](value)
    except ValueError:
        return ""


def rows_written(bound: BoundColumn, values: Sequence[Any]) -> list[bytes | None]:
    """Return the ids of many rows with their lengths, as the additional data holds them; None for an unfit one.

    A call for each row costs half as much as opening its field does (`benchmarks/decrypt.py`).
    """
    if bound.written is BoundAs.UUID and set(map(type, values)) == {str}:
        return [
            # A text of another form opens nothing, and is read with more care when its field is judged.
            _UUID_LENGTH + each.lower().encode() if len(each) == _UUID_CHARACTERS else _row_written(bound, each)
            for each in values
        ]
    return [_row_written(bound, each) for each in values]


def _row_written(bound: BoundColumn, value: object) -> bytes | None:
    try:
        return prefixed(_WRITTEN[bound.written](value))
    except ValueError:
        return None


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("not a number")
    return str(int(value))


def _uuid(value: object) -> str:
    return str(value if isinstance(value, UUID) else UUID(_text(value)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


_WRITTEN: Mapping[BoundAs, Callable[[Any], str]] = {
    BoundAs.NUMBER: _number, BoundAs.UUID: _uuid, BoundAs.TEXT: _text,
}  # fmt: skip
