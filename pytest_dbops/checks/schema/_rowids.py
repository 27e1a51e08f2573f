"""The highest rowid of each SQLite table, read without a scan."""

from __future__ import annotations

from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.checks.schema._scope import stored_tables
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.session import Session

LAST_ROWID = 9_223_372_036_854_775_807
_TABLES_A_STATEMENT = 400
"""SQLite takes at most 500 terms in a compound SELECT (limits.html, SQLITE_MAX_COMPOUND_SELECT)."""


def read_highest_rowids(catalog: Catalog, session: Session) -> list[tuple[Table, int]]:
    """Return each table whose key is its rowid, with the highest one; empty tables are left out."""
    tables = [table for table in stored_tables(catalog) if has_rowid_key(table)]
    found: list[tuple[Table, int]] = []
    for start in range(0, len(tables), _TABLES_A_STATEMENT):
        batch = tables[start : start + _TABLES_A_STATEMENT]
        rows = session.query(_statement(batch))
        found += [(batch[row["place"]], row["top"]) for row in rows if row["top"] is not None]
    return found


def has_rowid_key(table: Table) -> bool:
    """Tell whether a table's primary key is another name of its rowid: one column, declared INTEGER."""
    key = table.primary_key
    if key is None or table.is_without_rowid or len(key.columns) != 1:
        return False
    return table.column(key.columns[0]).type.upper() == "INTEGER"


def _statement(tables: list[Table]) -> str:
    return " UNION ALL ".join(_term(place, table) for place, table in enumerate(tables))


def _term(place: int, table: Table) -> str:
    key = sure_name(table.primary_key.columns[0] if table.primary_key else "rowid")
    return f"SELECT {place:d} AS place, max({key}) AS top FROM {sure_name(table.name)}"  # noqa: S608  # quoted names
