"""A rare object's attributes, from the server's JSON to text that compares and reads well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def plain(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the attributes that say something, as text, sorted by name.

    Left out: null, empty, and ``-``, which is how the server writes "no function". A list becomes
    one text with a comma between its entries.
    """
    for name, value in sorted(facts.items()):
        text = _text(value)
        if text not in ("", "-"):
            yield name, text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
