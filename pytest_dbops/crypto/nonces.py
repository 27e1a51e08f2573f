"""Nonces met twice in one reading, in memory that does not grow with the table.

A table of 32-bit prints by 23 bits of the nonce; what finds its slot taken by another goes into a small set. A nonce
that was met before is always noticed; one in 2^32 is noticed though it was not, so that what is noticed is looked at
again. A reading of some two million fields fits; of a larger one the database has to find them.
"""

from __future__ import annotations

import struct
from array import array
from pathlib import Path

from pytest_dbops.crypto.layout import BOUND_BYTES, HEAD_BYTES, NONCE_BYTES

_WORDS, _WORDS_OF_NONCE = struct.Struct(">II"), struct.Struct(">II4x")
_NONCE = struct.Struct(f"{NONCE_BYTES}s")
_SIZES = struct.Struct("=QQQ?")
LARGEST_SLOTS, LEAST_SLOTS = 2**23, 2**16
MOST_OVERFLOWN = 2**18
_COMPARED_BYTES = 4 * LEAST_SLOTS
_HIGHEST_BITS = int.from_bytes(b"\0\0\0\x80" * LEAST_SLOTS, "little")
_LOWER_BITS = _HIGHEST_BITS - (_HIGHEST_BITS >> 31)


class NonceFilter:
    """Notices nonces that were met before.

    noticed: those nonces. is_full: whether more was met than it can hold; then it has missed some.
    """

    __slots__ = ("is_full", "mask", "noticed", "overflown", "prints")

    def __init__(self, fields: int) -> None:
        slots = LEAST_SLOTS
        while slots < min(fields * 4, LARGEST_SLOTS):
            slots *= 2
        self.mask = slots - 1
        self.prints = array("I", bytes(4 * slots))
        self.overflown: set[bytes] = set()
        self.noticed: set[bytes] = set()
        self.is_full = False

    def add(self, envelope: bytes) -> None:
        """Meet the nonce of an envelope."""
        first, mark = _WORDS.unpack_from(envelope, BOUND_BYTES)
        slot, mark = first & self.mask, mark or 1
        held = self.prints[slot]
        if not held:
            self.prints[slot] = mark
        elif held == mark:
            self.noticed.add(envelope[BOUND_BYTES:HEAD_BYTES])
        else:
            self.crowd(envelope)

    def crowd(self, envelope: bytes) -> None:
        """Meet a nonce whose slot is taken by another."""
        nonce = envelope[BOUND_BYTES:HEAD_BYTES]
        if nonce in self.overflown:
            self.noticed.add(nonce)
        elif len(self.overflown) < MOST_OVERFLOWN:
            self.overflown.add(nonce)
        else:
            self.is_full = True

    def write(self, file: Path) -> None:
        """Write what was met into a file, for the process that compares it with what others have met."""
        with file.open("wb") as out:
            out.write(_SIZES.pack(len(self.prints), len(self.overflown), len(self.noticed), self.is_full))
            self.prints.tofile(out)
            out.write(b"".join((*self.overflown, *self.noticed)))

    @classmethod
    def load(cls, file: Path) -> NonceFilter:
        """Return what `write` has written."""
        made = cls(0)
        with file.open("rb") as found:
            slots, overflown, noticed, is_full = _SIZES.unpack(found.read(_SIZES.size))
            made.prints = array("I")
            made.prints.fromfile(found, slots)
            made.overflown, made.noticed = (
                {nonce for (nonce,) in _NONCE.iter_unpack(found.read(NONCE_BYTES * count))}
                for count in (overflown, noticed)
            )
        made.mask, made.is_full = slots - 1, is_full
        return made


def met_by_both(one: NonceFilter, other: NonceFilter) -> tuple[set[bytes], set[int]]:
    """Return what two filters of one size have both met: nonces, and prints (bytes 4 to 7) of others.

    Tables are compared as long numbers, each of as many slots as stay near the processor.
    """
    nonces = (one.overflown & other.overflown) | _held(other, one.overflown) | _held(one, other.overflown)
    left, right = (memoryview(each.prints).cast("B") for each in (one, other))
    marks = set[int]()
    for begin in range(0, len(left), _COMPARED_BYTES):
        end = begin + _COMPARED_BYTES
        mine, others = (int.from_bytes(each[begin:end], "little") for each in (left, right))
        filled, unlike = _not_zero(mine), _not_zero(mine ^ others)
        if equal := filled ^ (filled & unlike):
            found, at = equal.to_bytes(_COMPARED_BYTES, "little"), -1
            while (at := found.find(b"\x80", at + 1)) >= 0:
                marks.add(one.prints[(begin + at) // 4])
    return nonces, marks


def _held(met: NonceFilter, nonces: set[bytes]) -> set[bytes]:
    """Return those of some nonces whose prints are in the table of a filter."""
    prints, mask, each_once = met.prints, met.mask, list(nonces)
    words = _WORDS_OF_NONCE.iter_unpack(b"".join(each_once))
    return {nonce for nonce, (first, mark) in zip(each_once, words, strict=True) if prints[first & mask] == (mark or 1)}


def _not_zero(number: int) -> int:
    """Return the highest bit of each 32-bit word that is not 0 in a number."""
    # What the lower bits add up to is carried into the highest one, and no further.
    return ((number & _LOWER_BITS) + _LOWER_BITS | number) & _HIGHEST_BITS
