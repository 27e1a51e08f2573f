"""After seeding: sequences ahead of the keys that seeders gave themselves, and statistics that know the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData, Table

# Rows of other tenants may be hidden by row-level security, so the highest key is the one that was written.
_ADVANCE = """
SELECT pg_catalog.setval(owned.name, highest.id)
FROM (SELECT pg_catalog.pg_get_serial_sequence(%(table)s, %(column)s)::regclass AS name) AS owned
CROSS JOIN (SELECT %(highest)s::bigint AS id) AS highest
WHERE owned.name IS NOT NULL
AND highest.id >= coalesce(pg_catalog.pg_sequence_last_value(owned.name), 0)
"""


def set_sequences(connection: Connection, highest: Mapping[tuple[Table, str], int]) -> None:
    """Set the sequence behind each column to the highest value written into it; never backwards.

    highest: table and column name to that value. SQLite needs nothing: it counts from the highest key there is.
    """
    if connection.dialect.name != "postgresql":
        return
    preparer = connection.dialect.identifier_preparer
    for (table, column), value in highest.items():
        connection.exec_driver_sql(
            _ADVANCE, {"table": preparer.format_table(table), "column": column, "highest": value}
        )


def analyze(bind: Engine | Connection, metadata: MetaData, tables: Collection[str]) -> None:
    """Gather statistics of the tables that were filled; of SQLite's, which knows only all tables, when many were."""
    from sqlalchemy import Engine

    if not tables:
        return
    if isinstance(bind, Engine):
        with bind.begin() as connection:
            analyze(connection, metadata, tables)
        return
    preparer = bind.dialect.identifier_preparer
    named = [preparer.format_table(table) for table in metadata.tables.values() if table.name in tables]
    if bind.dialect.name == "postgresql":
        bind.exec_driver_sql(f"ANALYZE {', '.join(sorted(named))}")
    else:
        bind.exec_driver_sql("PRAGMA optimize")
