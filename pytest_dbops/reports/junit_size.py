"""Keep a JUnit file below the size its readers accept, by cutting its longest bodies to one length."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from pytest_dbops.reports.characters import visible

_NOTE = "\n[cut here: {left_out:,} of {all:,} characters left out; gate.json has the whole text]"
_NOTE_BYTES = 160
_BODIES = ("failure", "error", "skipped", "system-out")


def fit_bodies(root: ElementTree.Element, *, excess_bytes: int) -> None:
    """Cut bodies in place until the written file is at least `excess_bytes` shorter, if bodies hold that much."""
    bodies = [element for element in root.iter() if element.tag in _BODIES and element.text]
    sizes = [_written_bytes(element.text or "") for element in bodies]
    # A note is added to each body that is cut, so room for all of them is made first.
    allowed = sum(sizes) - excess_bytes - _NOTE_BYTES * len(bodies)
    level = _level(sizes, max(allowed, 0))
    for element, size in zip(bodies, sizes, strict=True):
        if size > level:
            element.text = _cut(element.text or "", level)


def _written_bytes(text: str) -> int:
    """Return how many bytes the text takes in the file, with its escapes."""
    escaped = visible(text)
    markup = 4 * escaped.count("&") + 3 * (escaped.count("<") + escaped.count(">"))
    return len(escaped.encode()) + markup


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
