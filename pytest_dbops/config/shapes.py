"""What a value in dbops.toml may be: each shape names itself for people and turns a TOML value into ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from pytest_dbops.config.nearest import nearest_hint
from pytest_dbops.core.check import SettingValue
from pytest_dbops.core.finding import Code
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.severity import Severity

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LEVEL_ALIASES = {"WARN": "WARNING", "FATAL": "CRITICAL"}
_CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


class Unfit(ValueError):
    """Raised by a shape for a value that does not fit; the text completes `max_connections is 'ten'; ...`."""


@frozen
class Shape(Generic[T]):
    """A kind of value: how the reference page calls it, and how a TOML value becomes one (or is Unfit)."""

    label: str
    parse: Callable[[object], T]


def text() -> Shape[str]:
    """Any text that is not empty."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise Unfit("a text that is not empty is needed")
        return value

    return Shape("text", parse)


def flag() -> Shape[bool]:
    """`true` or `false`."""

    def parse(value: object) -> bool:
        if not isinstance(value, bool):
            raise Unfit("true or false is needed, without quotes")
        return value

    return Shape("true or false", parse)


def whole(minimum: int) -> Shape[int]:
    """A whole number, not below `minimum`."""

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise Unfit(f"a whole number from {minimum} up is needed")
        return value

    return Shape(f"whole number from {minimum} up", parse)


def seconds() -> Shape[float]:
    """A number of seconds above zero and of at most a day."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86400:
            raise Unfit("a number of seconds above 0, at most 86400, is needed")
        return float(value)

    return Shape("seconds", parse)


def words(label: str = "list of texts") -> Shape[tuple[str, ...]]:
    """A list of texts; none may be empty."""

    def parse(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise Unfit('a list of texts is needed, as in ["one", "two"]')
        return tuple(value)

    return Shape(label, parse)


def one_of(allowed: Sequence[str]) -> Shape[str]:
    """One of a closed set of words."""

    def parse(value: object) -> str:
        return _word(value, allowed)

    return Shape(" | ".join(f"`{word}`" for word in allowed), parse)


def some_of(allowed: Sequence[str]) -> Shape[tuple[str, ...]]:
    """A list of words out of a closed set; order is kept, repeats are dropped."""
    listed = words()

    def parse(value: object) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_word(item, allowed) for item in listed.parse(value)))

    return Shape("list of " + ", ".join(f"`{word}`" for word in allowed), parse)


def member(enumeration: type[E]) -> Shape[E]:
    """The value of a member of an enumeration."""
    chosen = one_of([item.value for item in enumeration])
    return Shape(chosen.label, lambda value: enumeration(chosen.parse(value)))


def members(enumeration: type[E]) -> Shape[frozenset[E]]:
    """A list of values of an enumeration, as a set."""
    chosen = some_of([item.value for item in enumeration])
    return Shape(chosen.label, lambda value: frozenset(enumeration(word) for word in chosen.parse(value)))


def severity() -> Shape[Severity]:
    """A severity by its label."""
    chosen = one_of([level.label for level in Severity])
    return Shape(chosen.label, lambda value: Severity.parse(chosen.parse(value)))


def level() -> Shape[str]:
    """The name of a level of the standard library's logging, in either case."""

    def parse(value: object) -> str:
        name = value.strip().upper() if isinstance(value, str) else value
        return _word(_LEVEL_ALIASES.get(name, name) if isinstance(name, str) else name, LEVELS)

    return Shape(" | ".join(f"`{name}`" for name in LEVELS), parse)


def code() -> Shape[Code]:
    """The code of a check."""

    def parse(value: object) -> Code:
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            raise Unfit("the code of a check is needed: three capitals and three digits, as in 'SCH003'")
        return Code(value)

    return Shape("code of a check", parse)


def codes() -> Shape[frozenset[Code]]:
    """A list of codes of checks, as a set."""
    single, listed = code(), words()
    return Shape("list of codes", lambda value: frozenset(single.parse(item) for item in listed.parse(value)))


def day() -> Shape[date]:
    """A date of TOML, written without quotes."""

    def parse(value: object) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            raise Unfit("a date without quotes is needed, as in 2027-03-01")
        return value

    return Shape("date", parse)


def target() -> Shape[str]:
    """An object in a module: `package.module:name`."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or not _TARGET.fullmatch(value):
            raise Unfit("a module and a name are needed, as in 'accounting.models:metadata'")
        return value

    return Shape("`module:name`", parse)


def setting() -> Shape[SettingValue]:
    """A threshold of a check: text, number, true or false, or a list of texts."""
    listed = words()

    def parse(value: object) -> SettingValue:
        if isinstance(value, str | int | float):
            return value
        if isinstance(value, list):
            return listed.parse(value)
        raise Unfit("a text, a number, true or false, or a list of texts is needed")

    return Shape("text, number, true or false, or list of texts", parse)


def _word(value: object, allowed: Sequence[str]) -> str:
    if isinstance(value, str) and value in allowed:
        return value
    raise Unfit(f"one of {', '.join(allowed)} is needed{nearest_hint(value, allowed)}")
