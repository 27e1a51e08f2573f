"""Which tables a schema check judges."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog, Persistence, Table, TableKind, View

_OWN_ROWS = (TableKind.PLAIN, TableKind.PARTITIONED)


def designed_tables(catalog: Catalog) -> Iterator[Table]:
    """Yield the tables somebody designed: partitions are judged at their parent, alembic's table not at all."""
    return (table for table in stored_tables(catalog) if not table.is_partition and not table.is_version_table)


def stored_tables(catalog: Catalog) -> Iterator[Table]:
    """Yield the tables that keep their rows here, each partition on its own; no foreign or virtual ones."""
    return (
        table for table in catalog.tables if table.kind in _OWN_ROWS and table.persistence is not Persistence.TEMPORARY
    )


def partitions_of(catalog: Catalog, parent: Table) -> tuple[Table, ...]:
    """Return the direct partitions of a table."""
    return tuple(table for table in catalog.tables if table.is_partition and parent.display in table.inherits)


def column_display(table: Table | View, *columns: str) -> str:
    """Name columns of a table as users write them in a waiver: `invoice.customer_id`, `invoice.(org_id, id)`."""
    return f"{table.display}.{columns[0] if len(columns) == 1 else '(' + ', '.join(columns) + ')'}"
