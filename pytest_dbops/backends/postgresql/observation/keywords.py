"""What kind of statement a text is, as far as its first words tell."""

from __future__ import annotations

import re
from enum import Enum, auto

_START = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*", re.DOTALL)
_WORDS = re.compile(r"\w+")
_STRING = re.compile(r"'(?:[^']|'')*'")
_QUIET = frozenset(
    {"SHOW", "SET", "RESET", "BEGIN", "START", "SAVEPOINT", "RELEASE", "FETCH", "MOVE", "CLOSE", "DECLARE",
     "LISTEN", "UNLISTEN", "NOTIFY", "PREPARE", "DEALLOCATE", "DISCARD"}
)  # fmt: skip
_ROWS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "WITH", "VALUES", "EXPLAIN", "EXECUTE"})
_ENDS = frozenset({"COMMIT", "END", "ROLLBACK", "ABORT"})


class Sort(Enum):
    """How a statement is observed.

    QUIET: not at all. ROWS: before the next statement that differs, so that a loop over rows costs one look.
    SCHEMA: at once. BACK: it returns to a savepoint, and gives locks up. END: it ends the transaction.
    """

    QUIET = auto()
    ROWS = auto()
    SCHEMA = auto()
    BACK = auto()
    END = auto()


def sort_of(sql: str) -> Sort:
    """Return how to observe a statement; what is not known is a change of the schema."""
    start = _START.match(sql)
    body = sql[start.end() :] if start else sql
    first, second, third = [*(word.upper() for word in _WORDS.findall(body[:80])[:3]), "", "", ""][:3]
    if ";" in _STRING.sub("", body).rstrip().rstrip(";"):
        return Sort.SCHEMA
    if first == "SET":
        return Sort.SCHEMA if second == "CONSTRAINTS" else Sort.QUIET
    if first in _ENDS:
        goes_back = first == "ROLLBACK" and "TO" in (second, third)
        return Sort.BACK if goes_back else Sort.END
    if first == "SELECT" and "(" not in body:
        return Sort.QUIET
    if first in _ROWS:
        return Sort.ROWS
    return Sort.QUIET if first in _QUIET else Sort.SCHEMA
