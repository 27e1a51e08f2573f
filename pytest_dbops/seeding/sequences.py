"""Keep the sequences of identity and serial columns ahead of the keys that seeders gave themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

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
