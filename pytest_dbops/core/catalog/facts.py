"""A catalog said in words: one entry an object, one part for each thing that belongs to it.

This is what the canonical text prints, what the fingerprint hashes and what the difference compares.
An attribute at its default is left out, so that every line says something.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pytest_dbops.core.frozen import frozen


class Facet(StrEnum):
    """What kind of fact it is, so that milder differences can be told from those that matter."""

    STRUCTURE = "structure"
    STATE = "state"
    OWNER = "owner"
    PRIVILEGE = "privilege"
    COMMENT = "comment"
    STORAGE = "storage"
    SETTING = "setting"
    ORDER = "column order"
    DATABASE = "database"


MEANING = frozenset(Facet) - {Facet.ORDER, Facet.DATABASE}
"""Facets that the fingerprint is made of: all but column order and the locale of the database around."""


@frozen
class Attribute:
    """One fact: ``value`` is ``yes`` for what simply holds (``not null``)."""

    name: str
    value: str
    facet: Facet = Facet.STRUCTURE


@frozen
class Part:
    """Something that belongs to an object: a column, a constraint, an index, a grant."""

    name: str
    attributes: tuple[Attribute, ...]
    facet: Facet = Facet.STRUCTURE

    @property
    def text(self) -> str:
        """Return the part's attributes in one line."""
        return one_line(self.attributes)


@frozen
class Entry:
    """One object with its facts; ``subject`` is unique in a catalog (``table invoice``)."""

    subject: str
    attributes: tuple[Attribute, ...]
    parts: tuple[Part, ...] = ()
    facet: Facet = Facet.STRUCTURE


Value = str | bool | int | float | Iterable[str] | None


def attributes(facet: Facet, **values: Value) -> list[Attribute]:
    """Return one attribute for each value that is not empty; ``_`` in a name becomes a space."""
    return [
        Attribute(name.replace("_", " "), _text(value), facet)
        for name, value in values.items()
        if value or (value is not None and value is not False and value != "" and value != ())
    ]


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if value is True:
        return "yes"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return ", ".join(value or ())


ITSELF = ""
"""Name of the one attribute of a part that has only one: the part's own value (a grant's privileges)."""


def one_line(facts: Iterable[Attribute]) -> str:
    """Return attributes as one line of text: ``type numeric(12,2), not null, default 0``."""
    words = []
    for fact in facts:
        value = fact.value.replace("\n", "\\n")
        words.append(fact.name if value == "yes" and fact.name else f"{fact.name} {value}".lstrip())
    return ", ".join(words)


def distinct(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return parts with names made unique: the second of one name is called ``... (2)``."""
    seen: dict[str, int] = {}
    result = []
    for part in parts:
        count = seen[part.name] = seen.get(part.name, 0) + 1
        result.append(part if count == 1 else Part(f"{part.name} ({count})", part.attributes, part.facet))
    return tuple(result)
