"""Random values that have an address: the same seed, organization, table, column and block give the same values.

Each column of a block has a SHAKE-128 stream of its own, of four bytes a value (FIPS 202). So neither the order in
which seeders run, nor how many do at once, nor a column that is added changes what any other column holds.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import shake_128
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")

_WIDTH = 4
_SPAN_BITS = 8 * _WIDTH


@dataclass(frozen=True, slots=True)
class Draws:
    """The random values of one block of rows; each method takes the column they are for and how many are wanted.

    The first n values of a column do not depend on how many are asked for.
    """

    seed: int
    organization: int
    table: str
    block: int = 0

    def words(self, column: str, count: int) -> array[int]:
        """Return `count` whole numbers of 32 bits: what all others are made of."""
        label = f"{self.seed}|{self.organization}|{self.table}|{column}|{self.block}"
        words = array(_CODE, shake_128(label.encode()).digest(_WIDTH * count))
        if sys.byteorder == "big":
            words.byteswap()
        return words

    def integers(self, column: str, count: int, low: int, high: int) -> list[int]:
        """Return `count` numbers from `low` to `high`, both among them; the span fits into 32 bits."""
        span = high - low + 1
        return [low + (word * span >> _SPAN_BITS) for word in self.words(column, count)]

    def choices(self, column: str, count: int, pool: Sequence[T]) -> list[T]:
        """Return `count` values of a pool, each as likely as the others."""
        span = len(pool)
        return [pool[word * span >> _SPAN_BITS] for word in self.words(column, count)]

    def weighted(self, column: str, count: int, pool: Sequence[T], weights: Sequence[int]) -> list[T]:
        """Return `count` values of a pool, each as likely as its whole-number weight says."""
        bounds = list(accumulate(weights))
        span = bounds[-1]
        return [pool[bisect_right(bounds, word * span >> _SPAN_BITS)] for word in self.words(column, count)]

    def days(self, column: str, count: int, first: date, last: date) -> list[date]:
        """Return `count` days from `first` to `last`, both among them."""
        return [first + timedelta(days=number) for number in self.integers(column, count, 0, (last - first).days)]

    def chance(self, column: str, count: int, percent: int) -> list[bool]:
        """Return `count` answers, of which so many in a hundred are yes."""
        limit = percent * 2**_SPAN_BITS // 100
        return [word < limit for word in self.words(column, count)]


_CODE = next(code for code in "ILH" if array(code).itemsize == _WIDTH)
