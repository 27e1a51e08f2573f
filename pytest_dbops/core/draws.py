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
        return [low + place for place in self._places(column, count, high - low + 1)]

    def choices(self, column: str, count: int, pool: Sequence[T]) -> list[T]:
        """Return `count` values of a pool, each as likely as the others."""
        span = len(pool)
        if span.bit_count() != 1 or span > _BYTE or count < _BYTE:
            return [pool[place] for place in self._places(column, count, span)]
        values = [pool[byte * span // _BYTE] for byte in range(_BYTE)]  # the highest byte of a number decides
        return list(map(values.__getitem__, self._bytes(column, count)[_WIDTH - 1 :: _WIDTH]))

    def weighted(self, column: str, count: int, pool: Sequence[T], weights: Sequence[int]) -> list[T]:
        """Return `count` values of a pool, each as likely as its whole-number weight says."""
        bounds = list(accumulate(weights))
        places = self._places(column, count, bounds[-1])
        if bounds[-1] > _MOST_SHARES:
            return [pool[bisect_right(bounds, place)] for place in places]
        shares = [value for value, weight in zip(pool, weights, strict=False) for _ in range(weight)]
        return [shares[place] for place in places]

    def days(self, column: str, count: int, first: date, last: date) -> list[date]:
        """Return `count` days from `first` to `last`, both among them."""
        return [first + timedelta(days=number) for number in self.integers(column, count, 0, (last - first).days)]

    def chance(self, column: str, count: int, percent: int) -> list[bool]:
        """Return `count` answers, of which so many in a hundred are yes."""
        limit = percent * 2**_SPAN_BITS // 100
        return [word < limit for word in self.words(column, count)]

    def _places(self, column: str, count: int, span: int) -> Sequence[int]:
        """Return `word * span >> 32` of each number of a column, all by one multiplication.

        The numbers stand side by side in one that is as long as all of them, each with 32 bits of nought above it: what
        a product carries into those is the place, and none reaches the next number.
        """
        if not 0 <= span <= 2**_SPAN_BITS:
            return [word * span >> _SPAN_BITS for word in self.words(column, count)]
        apart = array(_CODE, bytes(2 * _WIDTH * count))
        apart[::2] = array(_CODE, self._bytes(column, count))
        products = (int.from_bytes(apart.tobytes(), "little") * span).to_bytes(2 * _WIDTH * count, "little")
        if span <= _BYTE:
            return products[_WIDTH :: 2 * _WIDTH]
        places = array(_CODE, products)[1::2]
        if sys.byteorder == "big":
            places.byteswap()
        return places.tolist()

    def _bytes(self, column: str, count: int) -> bytes:
        """Return the numbers of a column as the stream has them: each the lowest byte first."""
        label = f"{self.seed}|{self.organization}|{self.table}|{column}|{self.block}"
        return shake_128(label.encode()).digest(_WIDTH * count)


_CODE = next(code for code in "ILH" if array(code).itemsize == _WIDTH)
