"""What pg_stat_statements has kept, shown without a value."""

from __future__ import annotations

import re

from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.session import Statistics

_TEXTS = re.compile(r"\$(\w*)\$.*?\$\1\$|[eE]?'(?:[^'\\]|''|\\.)*'?", re.DOTALL)
_NUMBERS = re.compile(r"(?<![\w$])\d+(?:\.\d+)?")
_COMMENTS = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_SPACE = re.compile(r"\s+")
LONGEST_SHOWN = 160


def require_statements(statistics: Statistics) -> None:
    """Raise DoesNotApply when the extension is not installed in this database."""
    if not any(row["name"] == "pg_stat_statements" for row in statistics.rows("extensions")):
        raise DoesNotApply(
            "the extension pg_stat_statements is not installed here (shared_preload_libraries = 'pg_stat_statements', "
            "then CREATE EXTENSION pg_stat_statements;)"
        )


def shape_of(query: str) -> str:
    """Return a statement in one line, without comments and without any constant the extension left in."""
    bare = _COMMENTS.sub(" ", _TEXTS.sub("?", query))
    return _SPACE.sub(" ", _NUMBERS.sub("?", bare)).strip()


def shown(shape: str) -> str:
    """Return the beginning of a statement, as a finding shows it."""
    return shape if len(shape) <= LONGEST_SHOWN else shape[: LONGEST_SHOWN - 3] + "..."
