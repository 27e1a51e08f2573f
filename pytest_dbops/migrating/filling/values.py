"""Values as rows are made of, and families of them: what one type of column offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace

from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.conditions.evaluate import OPAQUE
from pytest_dbops.migrating.filling.conditions.nodes import Datum


@frozen
class Value:
    """One value: as SQL writes it, as conditions see it, and what is special about it.

    ``label`` is the boundary class in words, empty for an ordinary value. ``text`` is the server's own text form,
    which arrays and rows are put together from. ``is_exotic``: Python has no value for it.
    """

    literal: str
    datum: Datum = field(compare=False)
    text: str = ""
    label: str = ""
    is_exotic: bool = False

    @property
    def identity(self) -> object:
        """What a unique key compares."""
        if self.datum is OPAQUE:
            return self.text or self.literal
        return self.datum  # numbers of any kind are equal, and have one hash, where their values are


NULL = Value("NULL", None, label="NULL")
OMITTED = Value("DEFAULT", OPAQUE, label="default")
"""Stands for a column that is left out, so that its default is used."""

Write = Callable[[Datum], str]
"""A product's literal of a plain datum."""


def _none_of(datum: Datum) -> Value | None:
    return None


def _none_sized(length: int, number: int) -> Value | None:
    return None


@frozen
class Family:
    """What a column's type offers.

    ``plain(n)`` is the n-th ordinary value, each another one as far as the type goes. ``edges`` are boundary
    values, labelled. ``of`` makes a value of a datum, ``sized`` the n-th one of a length; both ``None`` where the
    type cannot hold it. ``spellings(n)`` are further ordinary values of other shapes (capitals, digits).
    """

    name: str
    plain: Callable[[int], Value]
    edges: tuple[Value, ...] = ()
    of: Callable[[Datum], Value | None] = _none_of
    sized: Callable[[int, int], Value | None] = _none_sized
    spellings: Callable[[int], tuple[Value, ...]] = lambda number: ()
    is_labels: bool = False
    ignores_case: bool = False


def labelled(value: Value, label: str, *, is_exotic: bool = False) -> Value:
    """Return a value as a boundary value."""
    return replace(value, label=label, is_exotic=is_exotic)
