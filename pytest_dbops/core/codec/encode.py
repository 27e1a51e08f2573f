"""Make the function that writes values of one type hint as JSON values."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, cast

from pytest_dbops.core.codec.hints import (
    as_it_is,
    enum_text,
    fields_of,
    is_homogeneous,
    is_json_value,
    is_scalars,
    only_member,
    underlying,
    value_hint,
)
from pytest_dbops.core.finding import JsonValue
from pytest_dbops.core.secret import Secret

Encode = Callable[[Any], Any]
Write = Callable[[list[Field[Any]], Mapping[str, Encode | None]], Encode]

_SCALARS = (str, int, float, bool, type(None))


@cache
def encoder(hint: Any, write: Write) -> Encode | None:
    """Return how a value of this hint is written, None for "as it is"; raises TypeError when it has no JSON form."""
    hint = underlying(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if is_json_value(hint):
        return _encode_json_value
    if hint is Any:
        return _encode_plain
    if hint is float:
        return _encode_float
    if is_scalars(hint):
        return None
    if origin in (typing.Union, types.UnionType):
        return _encode_optional(encoder(only_member(hint), write))
    if origin is tuple and not is_homogeneous(arguments):
        return _encode_fixed([encoder(argument, write) or as_it_is for argument in arguments])
    if origin in (tuple, Sequence):
        return _encode_list(encoder(arguments[0], write))
    if origin is frozenset:
        return _encode_set(encoder(arguments[0], write) or as_it_is)
    if origin is Mapping:
        return _encode_mapping(encoder(value_hint(hint), write))
    return _encode_class(hint, write)


def _encode_class(kind: Any, write: Write) -> Encode | None:
    if isinstance(kind, type):
        if kind is Secret:
            raise TypeError("a Secret is never written to JSON")
        if issubclass(kind, Enum):
            return {member: enum_text(member) for member in kind}.__getitem__
        if issubclass(kind, datetime | date):
            return kind.isoformat
        if issubclass(kind, Path):
            return str
        if is_dataclass(kind):
            hints = typing.get_type_hints(kind)
            return write(fields_of(kind), {f.name: encoder(hints[f.name], write) for f in fields_of(kind)})
    raise TypeError(f"{kind!r} has no JSON form")


def write_all(known: list[Field[Any]], encoders: Mapping[str, Encode | None]) -> Encode:
    """Fetch all fields in one C call, then rewrite only those that are not JSON already."""
    names = [f.name for f in known]
    get = _getter(names)
    special = [(name, encode) for name, encode in encoders.items() if encode is not None]

    def encode_fields(value: Any) -> dict[str, Any]:
        written = dict(zip(names, get(value), strict=True))
        for name, encode in special:
            written[name] = encode(written[name])
        return written

    return encode_fields


def write_changed(known: list[Field[Any]], encoders: Mapping[str, Encode | None]) -> Encode:
    """Leave out a field that holds the very object that is its default; an equal other object is written."""
    names = [f.name for f in known]
    get = _getter(names)
    defaults = [f.default for f in known]
    all_encoders = [encoders[name] for name in names]

    def encode_fields(value: Any) -> dict[str, Any]:
        return {
            name: encode(one) if encode else one
            for name, encode, one, default in zip(names, all_encoders, get(value), defaults, strict=True)
            if one is not default
        }

    return encode_fields


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _encode_optional(encode: Encode | None) -> Encode | None:
    if encode is None:
        return None
    return lambda value: None if value is None else encode(value)


def _encode_fixed(encoders: Sequence[Encode]) -> Encode:
    return lambda value: [encode(item) for encode, item in zip(encoders, value, strict=True)]


def _encode_list(encode: Encode | None) -> Encode:
    if encode is None:
        return list
    return lambda value: [encode(one) for one in value] if value else []


def _encode_set(encode: Encode) -> Encode:
    return lambda value: sorted(encode(one) for one in value)


def _encode_mapping(encode: Encode | None) -> Encode:
    if encode is None:
        return dict
    return lambda value: {key: encode(one) for key, one in value.items()}


def _encode_float(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _encode_json_value(value: Any) -> JsonValue:
    """Write evidence; a value that a careless check left in another type is written as its text."""
    if isinstance(value, Mapping):
        return {str(key): _encode_json_value(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_encode_json_value(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, _SCALARS) else str(value)


def _encode_plain(value: Any) -> JsonValue:
    """Write a value whose hint is `Any`; what JSON could not give back as it was is refused."""
    if isinstance(value, Mapping):
        return {_key(key): _encode_plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_encode_plain(one) for one in value]
    if type(value) in _SCALARS and not (isinstance(value, float) and not math.isfinite(value)):
        return cast(JsonValue, value)
    raise TypeError(f"{value!r} of type {type(value).__name__} is no plain JSON value")


def _key(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r} is no key of a JSON object; text is needed")
    return value
