"""What a type hint says about the JSON form of a value."""

from __future__ import annotations

import types
import typing
from dataclasses import Field, fields
from enum import Enum
from typing import Any


def underlying(hint: Any) -> Any:
    """Return the type behind a NewType."""
    while hasattr(hint, "__supertype__"):
        hint = hint.__supertype__
    return hint


def fields_of(kind: Any) -> list[Field[Any]]:
    """Return the fields that make a value; those the class fills itself are no part of it."""
    return [f for f in fields(kind) if f.init]


def _members(hint: Any) -> tuple[Any, ...]:
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return tuple(underlying(member) for member in typing.get_args(hint)) if union else (hint,)


def is_json_value(hint: Any) -> bool:
    """Tell `JsonValue` by its shape: resolving its forward references leaves another object every time."""
    origins = {typing.get_origin(member) for member in _members(hint)}
    return {list, dict} <= origins


def is_homogeneous(arguments: tuple[Any, ...]) -> bool:
    """Tell whether these are the arguments of `tuple[T, ...]`."""
    return len(arguments) == 2 and arguments[1] is Ellipsis


def is_scalars(hint: Any) -> bool:
    """Tell whether a value of this hint is a JSON value already; floats are not, they may be infinite."""
    return all(member in (str, int, bool, type(None)) for member in _members(hint))


def only_member(hint: Any) -> Any:
    """Return `T` of `T | None`; raises TypeError for a union that JSON could not tell apart."""
    members = [member for member in _members(hint) if member is not type(None)]
    if len(members) != 1:
        raise TypeError(f"{hint!r} has no JSON form: a union other than with None cannot be told apart")
    return members[0]


def value_hint(hint: Any) -> Any:
    """Return `T` of `Mapping[str, T]`; raises TypeError when the keys are not text."""
    key, value = typing.get_args(hint)
    if underlying(key) is not str:
        raise TypeError(f"{hint!r} has no JSON form: keys must be text")
    return value


def enum_text(member: Enum) -> str:
    """Return the JSON form of an enum's member: its value if that is text, else its name in lower case."""
    return member.value if isinstance(member.value, str) else member.name.lower()


def as_it_is(value: Any) -> Any:
    """Return the value: the codec of what is a JSON value already."""
    return value
