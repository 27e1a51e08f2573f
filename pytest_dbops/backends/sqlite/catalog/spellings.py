"""Types and defaults in one spelling, so that a rebuilt table equals the one it was copied from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pytest_dbops.backends.sqlite.catalog.tokens import (
    Kind,
    Token,
    render_tokens,
    tokenize,
    without_outer_parentheses,
)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z")


@lru_cache(maxsize=4096)
def spell_type(declared: str) -> str:
    """Return a declared type in capitals with single spaces: ``DECIMAL(10,2)``; names are never changed.

    DATETIME and TIMESTAMP stay two types: they mean the same to SQLite, not to what reads it.
    """
    text = re.sub(r"\s*([(),])\s*", r"\1", " ".join(declared.split())).upper()
    return re.sub(r"\)(?=\w)", ") ", text)


def affinity(declared: str) -> str:
    """Return the affinity of a declared type (SQLite documentation, "Datatypes In SQLite", 3.1)."""
    text = declared.upper()
    for words, name in (
        (("INT",), "INTEGER"),
        (("CHAR", "CLOB", "TEXT"), "TEXT"),
        (("BLOB",), "BLOB"),
        (("REAL", "FLOA", "DOUB"), "REAL"),
    ):
        if any(word in text for word in words):
            return name
    return "NUMERIC" if text else "BLOB"


def spell_default(default: str | None, declared: str, names: Mapping[str, str]) -> str | None:
    """Return a default in one spelling, ``None`` for no default and for NULL alike.

    A number in quotes equals the bare number, and false and true equal 0 and 1, as far as the
    column's affinity makes them so: in a text column all of them become text.
    """
    if default is None:
        return None
    tokens = without_outer_parentheses(tokenize(default))
    if not tokens or (len(tokens) == 1 and tokens[0].upper == "NULL"):
        return None
    number = _as_number(tokens)
    if number is None:
        return render_tokens(tokens, names)
    kind = affinity(declared)
    if kind == "TEXT":
        return f"'{number}'"
    if kind == "BLOB" and tokens[0].kind is Kind.STRING:
        return tokens[0].text
    return number


def _as_number(tokens: Sequence[Token]) -> str | None:
    *signs, last = tokens
    if signs and any(sign.text not in ("+", "-") for sign in signs):
        return None
    if not signs and last.upper in ("TRUE", "FALSE"):
        return "1" if last.upper == "TRUE" else "0"
    if not signs and last.kind is Kind.STRING:
        text = last.name.strip()
    elif last.kind is Kind.NUMBER and len(signs) < 2:
        text = "".join(token.text for token in tokens)
    else:
        return None
    return text.removeprefix("+") if _NUMBER.match(text) else None
