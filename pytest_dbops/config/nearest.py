"""The nearest known word to an unknown one, as a question to the reader."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest_hint(word: object, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)`, or an empty text when nothing known is near."""
    by_lower_case = {name.lower(): name for name in known}
    near = difflib.get_close_matches(str(word).lower(), by_lower_case, n=1, cutoff=0.6)
    return f" (did you mean {by_lower_case[near[0]]!r}?)" if near else ""
