"""Tell an upgrade that fails over rows from one that fails in any case."""

from __future__ import annotations

import re

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.walk import Rows
from pytest_dbops.migrating.failures import one_line, sqlstate_of

_NEXT = {Rows.USUAL: Rows.ORDINARY, Rows.ORDINARY: Rows.NONE}
_NOT_NULL = "23502"
# SQLSTATE class 42: what is named is not there, is there already, or is no SQL (PostgreSQL manual, appendix A).
_WHATEVER_ROWS = re.compile(r"no such |already exists|duplicate column|syntax error|^near ", re.IGNORECASE)
_NULLS = (
    re.compile(r'column "(?P<column>[^"]+)" of relation "(?P<table>[^"]+)"'),
    re.compile(r"NOT NULL constraint failed: (?:_alembic_tmp_)?(?P<table>\w+)\.(?P<column>\w+)"),
)
_NO_DEFAULT = "Cannot add a NOT NULL column with default value NULL"


def may_be_of_rows(err: BaseException) -> bool:
    """Tell whether an error might not have come with other rows in the tables, or with none."""
    return not (sqlstate_of(err).startswith("42") or _WHATEVER_ROWS.search(one_line(err)))


def is_of_any_row(err: BaseException, before: Catalog) -> bool:
    """Tell whether an error says that a column that was not there before wants a value: any row is refused then."""
    said = one_line(err)
    if _NO_DEFAULT in said:
        return True
    if sqlstate_of(err) != _NOT_NULL and "NOT NULL constraint failed" not in said:
        return False
    found = next(filter(None, (pattern.search(said) for pattern in _NULLS)), None)
    if found is None:
        return False
    tables = [table for table in before.tables if table.name == found["table"]]
    return bool(tables) and not any(table.has_column(found["column"]) for table in tables)


def rows_to_try_next(refused: Rows, *, is_certain: bool) -> Rows:
    """Return over which rows to put in what was refused over these."""
    return Rows.NONE if is_certain else _NEXT[refused]
