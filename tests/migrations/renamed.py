"""The same cases under other names: what is found must not hang on what things are called."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.migrations.defects import Case

_NUMBERED = re.compile(r"[a-z]\d\d[a-z]?\Z")
_NAMES = frozenset(
    [
        "id", "p", "name", "names", "title", "other", "state", "last", "extra", "extar", "email", "code", "price",
        "balance", "debt", "cents", "amount", "positive", "mood", "feeling", "watch", "due", "vat", "net", "day",
    ]
)  # fmt: skip
"""Names of columns, constraints and triggers."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?![A-Za-z0-9]|=)")
"""A word that is no keyword of a call."""


def renamed(text: str) -> str:
    """Return a text with every identifier in it turned into another of the same length and order."""
    return _WORD.sub(lambda found: _other(found[0]), text)


def renamed_case(case: Case) -> Case:
    """Return a case with every identifier in it renamed, its revision too."""
    downgrade = None if case.downgrade is None else renamed(case.downgrade)
    return replace(
        case, name=renamed(case.name), base=renamed(case.base), upgrade=renamed(case.upgrade), downgrade=downgrade
    )


def _other(word: str) -> str:
    if _NUMBERED.match(word):  # the letter behind the number tells a revision from what it stands on
        return _next(word[0]) + word[1:]
    return "".join(map(_next, word)) if word in _NAMES else word


def _next(letter: str) -> str:
    return chr(ord(letter) + 1)
