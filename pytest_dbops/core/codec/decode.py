"""Make the function that reads values of one type hint from JSON values, and says where they do not fit."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

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
from pytest_dbops.core.secret import Secret

Decode = Callable[[Any], Any]

_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class Mismatch(ValueError):
    """Raised when a JSON value does not fit a type; `str()` names the place, as in `results[3].line`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = ""

    def within(self, step: str) -> Mismatch:
        """Return itself, with one more step in front of the place."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        self.path = f"{step}{joint}{self.path}"
        return self

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


@cache
def decoder(hint: Any) -> Decode:
    """Return how a value of this hint is read; raises TypeError when the hint has no JSON form."""
    hint = underlying(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or is_json_value(hint):
        return as_it_is
    if hint in _DECODE_SCALAR:
        return _DECODE_SCALAR[hint]
    if is_scalars(hint):
        return _decode_scalars(hint)
    if origin in (typing.Union, types.UnionType):
        return _decode_optional(decoder(only_member(hint)))
    if origin is tuple and not is_homogeneous(arguments):
        return _decode_fixed(arguments)
    if origin in (tuple, Sequence, frozenset):
        return _decode_many(arguments[0], frozenset if origin is frozenset else tuple)
    if origin is Mapping:
        return _decode_mapping(hint)
    return _decode_class(hint)


def _decode_class(kind: Any) -> Decode:
    if isinstance(kind, type):
        if kind is Secret:
            raise TypeError("a Secret is never read from JSON")
        if issubclass(kind, Enum):
            return _decode_enum(kind)
        if issubclass(kind, datetime | date):
            return _decode_moment(kind)
        if issubclass(kind, Path):
            return lambda value: kind(_text(value))
        if is_dataclass(kind):
            return _decode_dataclass(kind)
    raise TypeError(f"{kind!r} has no JSON form")


def _decode_dataclass(kind: Any) -> Decode:
    hints = typing.get_type_hints(kind)
    known = fields_of(kind)
    decoders = {f.name: decoder(hints[f.name]) for f in known}
    required = [f.name for f in known if f.default is MISSING and f.default_factory is MISSING]

    def decode_fields(value: Any) -> Any:
        if type(value) is not dict:
            raise Mismatch(f"{_shown(value)} is no object ({kind.__name__})")
        found = {}
        name = ""
        try:
            for name, one in value.items():
                decode = decoders.get(name)
                if decode is not None:
                    found[name] = decode(one)
        except Mismatch as err:
            raise err.within(name) from None
        for name in required:
            if name not in found:
                raise Mismatch(f"key {name!r} is missing ({kind.__name__})")
        return kind(**found)

    return decode_fields


def _decode_many(item: Any, make: Callable[[Sequence[Any]], Any]) -> Decode:
    decode = decoder(item)

    def decode_items(value: Any) -> Any:
        if type(value) is not list:
            raise Mismatch(f"{_shown(value)} is no list")
        decoded: list[Any] = []
        try:
            decoded.extend(map(decode, value))
        except Mismatch as err:
            raise err.within(f"[{len(decoded)}]") from None
        return make(decoded)

    return decode_items


def _decode_fixed(arguments: tuple[Any, ...]) -> Decode:
    decoders = [decoder(argument) for argument in arguments]

    def decode_items(value: Any) -> Any:
        if type(value) is not list or len(value) != len(decoders):
            raise Mismatch(f"{_shown(value)} is no list of {len(decoders)}")
        decoded: list[Any] = []
        try:
            decoded.extend(decode(one) for decode, one in zip(decoders, value, strict=True))
        except Mismatch as err:
            raise err.within(f"[{len(decoded)}]") from None
        return tuple(decoded)

    return decode_items


def _decode_mapping(hint: Any) -> Decode:
    decode = decoder(value_hint(hint))

    def decode_values(value: Any) -> Any:
        if type(value) is not dict:
            raise Mismatch(f"{_shown(value)} is no object")
        decoded = {}
        key = ""
        try:
            for key, one in value.items():
                decoded[key] = decode(one)
        except Mismatch as err:
            raise err.within(key) from None
        return decoded

    return decode_values


def _decode_optional(decode: Decode) -> Decode:
    return lambda value: None if value is None else decode(value)


def _decode_enum(kind: type[Enum]) -> Decode:
    members = {enum_text(member): member for member in kind}

    def decode_member(value: Any) -> Enum:
        try:
            return members[value]
        except (KeyError, TypeError):
            raise Mismatch(f"{_shown(value)} is none of {', '.join(members)}") from None

    return decode_member


def _decode_moment(kind: type[datetime] | type[date]) -> Decode:
    def decode_text(value: Any) -> date:
        try:
            return kind.fromisoformat(_text(value))
        except ValueError:
            raise Mismatch(f"{_shown(value)} is no ISO 8601 {kind.__name__}") from None

    return decode_text


def _decode_scalars(hint: Any) -> Decode:
    kinds = tuple(type(None) if member is None else member for member in typing.get_args(hint))

    def decode_scalar(value: Any) -> Any:
        if type(value) not in kinds:
            raise Mismatch(f"{_shown(value)} is none of {', '.join(kind.__name__ for kind in kinds)}")
        return value

    return decode_scalar


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Mismatch(f"{_shown(value)} is no text")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise Mismatch(f"{_shown(value)} is no whole number")
    return value


def _number(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    if type(value) is str and value in _NON_FINITE:
        return _NON_FINITE[value]
    raise Mismatch(f"{_shown(value)} is no number")


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise Mismatch(f"{_shown(value)} is neither true nor false")
    return value


_DECODE_SCALAR: dict[Any, Decode] = {str: _text, int: _integer, float: _number, bool: _truth}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
