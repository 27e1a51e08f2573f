"""Keep identity columns ahead of the keys that seeders gave themselves."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from pytest_dbops import SeedContext

_ADVANCE = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) IS NOT NULL"


def advance(context: SeedContext, tables: Iterable[str]) -> None:
    """Set each table's identity to its highest id; SQLite needs nothing."""
    if context.dialect != "postgresql":
        return
    for table in tables:
        if "id" in context.metadata.tables[table].c:
            context.connection.execute(text(_ADVANCE.format(table=table)))
