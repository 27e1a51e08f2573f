"""Random values that have an address: the same seed, organization, table, column and block give the same values.

Each column of a block has a SHAKE-128 stream of its own, of four bytes a value (FIPS 202). So neither the order in
which seeders run, nor how many do at once, nor a column that is added changes what any other column holds.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import shake_128
from itertools import accumulate
from typing import TypeVar

from pytest_dbops.core.frozen import frozen

T = TypeVar("T")

_WIDTH = 4
_SPAN_BITS = 8 * _WIDTH
_MOST_SHARES = 1000
_BYTE = 256


@frozen
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
        words = array(_CODE, self._bytes(column, count))
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
        if span.bit_count() != 1:
            return [pool[word * span >> _SPAN_BITS] for word in self.words(column, count)]
        if span > _BYTE or count < _BYTE:
            return [pool[word >> _SPAN_BITS - span.bit_length() + 1] for word in self.words(column, count)]
        values = [pool[byte * span // _BYTE] for byte in range(_BYTE)]  # the highest byte of a number decides
        return list(map(values.__getitem__, self._bytes(column, count)[_WIDTH - 1 :: _WIDTH]))

    def weighted(self, column: str, count: int, pool: Sequence[T], weights: Sequence[int]) -> list[T]:
        """Return `count` values of a pool, each as likely as its whole-number weight says."""
        bounds = list(accumulate(weights))
        span = bounds[-1]
        if span > _MOST_SHARES:
            return [pool[bisect_right(bounds, word * span >> _SPAN_BITS)] for word in self.words(column, count)]
        shares = [value for value, weight in zip(pool, weights, strict=False) for _ in range(weight)]
        return [shares[word * span >> _SPAN_BITS] for word in self.words(column, count)]

    def days(self, column: str, count: int, first: date, last: date) -> list[date]:
        """Return `count` days from `first` to `last`, both among them."""
        return [first + timedelta(days=number) for number in self.integers(column, count, 0, (last - first).days)]

    def chance(self, column: str, count: int, percent: int) -> list[bool]:
        """Return `count` answers, of which so many in a hundred are yes."""
        limit = percent * 2**_SPAN_BITS // 100
        return [word < limit for word in self.words(column, count)]

    def _bytes(self, column: str, count: int) -> bytes:
        """Return the numbers of a column as the stream has them: each the lowest byte first."""
        label = f"{self.seed}|{self.organization}|{self.table}|{column}|{self.block}"
        return shake_128(label.encode()).digest(_WIDTH * count)


_CODE = next(code for code in "ILH" if array(code).itemsize == _WIDTH)
