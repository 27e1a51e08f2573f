"""Conditions of policies, as PostgreSQL words them: which names stand in them, and which are true of every row."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[A-Za-z_\x80-\U0010ffff][\w$]*|\S")
_ALWAYS = {"true", "1=1", "not false", "true is true"}


@lru_cache(maxsize=1024)
def names_in(expression: str) -> frozenset[str]:
    """Return every name in an expression, quoted ones without their quotes; texts are passed over."""
    return frozenset(_names(expression))


def is_always_true(expression: str) -> bool:
    """Tell whether an expression is a constant that lets every row through."""
    text = " ".join(expression.split()).lower()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return text in _ALWAYS or text.replace(" ", "").strip("()") in {"true", "1=1"}


def _names(expression: str) -> list[str]:
    found = []
    for token in _TOKEN.findall(expression):
        if token[0] == '"':
            found.append(token[1:-1].replace('""', '"'))
        elif token[0].isalpha() or token[0] == "_":
            found.append(token)
    return found
