"""Ranges and multiranges of PostgreSQL; the n-th ordinary ones do not overlap, for exclusion constraints."""

from __future__ import annotations

from collections.abc import Callable

from pytest_dbops.migrating.filling.families import day, plain_texts
from pytest_dbops.migrating.filling.values import Family, Write

RANGES: dict[str, Callable[[int], str]] = {
    "int4range": lambda number: str(10 * number),
    "int8range": lambda number: str(10 * number),
    "numrange": lambda number: f"{10 * number}.5",
    "daterange": day,
    "tsrange": lambda number: f"{day(number)} 12:30:00",
    "tstzrange": lambda number: f"{day(number)} 12:30:00+00",
}
"""The n-th bound of each range type."""

MULTIRANGES = {name.replace("range", "multirange"): name for name in RANGES}


def ranges(write: Write, bound: Callable[[int], str], *, is_multiple: bool = False) -> Family:
    """Ranges between bounds of a type."""

    def spell(text: str) -> str:
        return "{" + ("" if text == "empty" else text) + "}" if is_multiple else text

    def plain(number: int) -> str:
        return spell(f'["{bound(2 * number)}","{bound(2 * number + 1)}")')

    edges = [("empty range", spell("empty")), ("range without bounds", spell("(,)"))]
    edges += [("range of one value", spell(f'["{bound(1)}","{bound(1)}"]')), ("open range", spell(f'["{bound(2)}",)'))]
    return plain_texts(write, "range", plain, edges)
