"""Keep a JUnit file below the size its readers accept, by cutting its longest bodies to one length."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_dbops.reports.characters import visible
from pytest_dbops.reports.xml_text import escaped_text

_NOTE = "\n[cut here: {left_out:,} of {all:,} characters left out; gate.json has the whole text]"
_NOTE_BYTES = 160


def shorter_bodies(bodies: Sequence[str], *, excess_bytes: int) -> list[str]:
    """Return the bodies so cut that the file gets `excess_bytes` shorter, if they hold that much."""
    sizes = [_written_bytes(body) for body in bodies]
    # A note is added to each body that is cut, so room for all of them is made first.
    allowed = sum(sizes) - excess_bytes - _NOTE_BYTES * sum(size > 0 for size in sizes)
    level = _level(sizes, max(allowed, 0))
    return [_cut(body, level) if size > level else body for body, size in zip(bodies, sizes, strict=True)]


def _written_bytes(text: str) -> int:
    """Return how many bytes the text takes in the file, with its escapes."""
    return len(visible(escaped_text(text)).encode())


def _level(sizes: Sequence[int], allowed: int) -> int:
    """Return the greatest size at which cutting every larger body makes the sum at most `allowed`."""
    rest = allowed
    ascending = sorted(sizes)
    for position, size in enumerate(ascending):
        share = rest // (len(ascending) - position)
        if size > share:
            return share
        rest -= size
    return max(ascending, default=0)


def _cut(text: str, most_bytes: int) -> str:
    """Return the longest beginning that is surely at most `most_bytes` when written, and a note."""
    kept = text[:most_bytes]
    while (size := _written_bytes(kept)) > most_bytes:
        kept = kept[: min(len(kept) - 1, len(kept) * most_bytes // size)]
    return kept + _NOTE.format(left_out=len(text) - len(kept), all=len(text))
