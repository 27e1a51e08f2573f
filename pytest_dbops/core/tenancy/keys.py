"""The keys by which a row meets another one, as ON CONFLICT names them."""

from __future__ import annotations

from pytest_dbops.core.catalog import Table


def conflict_keys(table: Table) -> tuple[tuple[str, ...], ...]:
    """Return the columns of each unique key of whole columns that holds for all rows, the primary key first."""
    keys = [table.primary_key.columns] if table.primary_key is not None else []
    keys += [key.columns for key in table.unique_constraints]
    keys += [
        tuple(filter(None, index.columns))
        for index in table.indexes
        if index.is_unique and not index.constraint and not index.predicate and all(index.columns)
    ]
    return tuple(dict.fromkeys(keys))
