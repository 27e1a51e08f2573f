"""Public ids of seeded rows: of the day on which a row was made, and of draws that have an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from accounting.public_ids import first_public_id
from pytest_dbops import SeedContext
from seeds.people import noon

EDGE_BLOCK = 1 << 20
"""The block of the rows that stand for an edge each; drawn rows count theirs from nought."""

_WORDS = 3


def words_for(context: SeedContext, table: str, counts: Mapping[int, int]) -> list[int]:
    """Return the words of which the ids of rows are made: of so many rows at each address of a table."""
    return [
        word
        for block, count in counts.items()
        for word in context.draws(table, block).words("public_id", _WORDS * count)
    ]


def public_ids(words: Sequence[int], days: Sequence[date]) -> list[object]:
    """Return an id for each row of these days, in their order; words: as `words_for` draws them."""
    first = {day: first_public_id(noon(day)) for day in set(days)}
    return [
        UUID(int=first[day] | (high & 0xFFF) << 64 | (middle & 0x3FFF_FFFF) << 32 | low)
        for day, high, middle, low in zip(days, words[0::3], words[1::3], words[2::3], strict=True)
    ]
