"""Write rows as binary COPY reads them, a column at a time: by the driver, value by value, they cost twice as much.

The format is that of the PostgreSQL manual, COPY, "Binary Format".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

BEGINNING = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
_COUNT, _LENGTH = struct.Struct(">h").pack, struct.Struct(">i").pack
_NULL = _LENGTH(-1)

Pieces = Iterable[Iterable[bytes]]
"""What a column adds to each row, one piece behind the other."""


def are_known(types: Iterable[int]) -> bool:
    """Whether rows of these types can be written here; types are named by their number (pg_type.oid)."""
    return all(each in _PIECES for each in types)


def written_rows(types: Sequence[int], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return rows, of values as the driver reads them, as they stand between `BEGINNING` and `END`."""
    columns = zip(*rows, strict=True)
    pieces = chain.from_iterable(_PIECES[kind](values) for kind, values in zip(types, columns, strict=True))
    return b"".join(chain.from_iterable(zip(repeat(_COUNT(len(types))), *pieces, strict=False)))


def _fixed(form: str) -> Callable[[Sequence[Any]], Pieces]:
    packed, size = struct.Struct(f">i{form}").pack, struct.calcsize(f">{form}")

    def pieces(values: Sequence[Any]) -> Pieces:
        if None in values:
            return [[_NULL if each is None else packed(size, each) for each in values]]
        return [map(packed, repeat(size), values)]

    return pieces


def _pieces_of_bytes(values: Sequence[bytes | None]) -> Pieces:
    if None in values:
        return [[_NULL if each is None else _LENGTH(len(each)) + each for each in values]]
    return [map(_LENGTH, map(len, values)), values]  # type: ignore[arg-type, list-item]


def _pieces_of_uuids(values: Sequence[Any]) -> Pieces:
    return _pieces_of_bytes([None if each is None else each.bytes for each in values])


_PIECES: Mapping[int, Callable[[Sequence[Any]], Pieces]] = {
    17: _pieces_of_bytes, 20: _fixed("q"), 21: _fixed("h"), 23: _fixed("i"), 2950: _pieces_of_uuids,
}  # fmt: skip
"""bytea, bigint, smallint, integer, uuid."""
