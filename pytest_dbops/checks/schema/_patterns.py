"""Names matched against the globs of a setting; each glob is compiled once, and a name that comes again is known."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache


@lru_cache(maxsize=16_384)
def matches_any(text: str, globs: tuple[str, ...]) -> bool:
    """Tell whether a text, its case left aside, matches one of the globs."""
    return _compiled(globs).match(text.lower()) is not None


@lru_cache(maxsize=64)
def _compiled(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)) or r"(?!)", re.DOTALL)
