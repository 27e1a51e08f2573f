"""Move the server's own counters behind the numbers that were given, so that the next row gets a free one."""

from __future__ import annotations

from pytest_dbops.core.catalog import Catalog, Sequence, Table
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.product import product_of


def advance_counters(ground: Ground, catalog: Catalog, table: Table) -> None:
    """Set the sequences behind a table's columns to the columns' highest values; SQLite does so by itself.

    A counter that cannot be set, for want of a right, stays as it is.
    """
    if catalog.dialect != "postgresql":
        return
    product = product_of(catalog)
    for column in table.columns:
        sequence = _behind(column.name, column.default or "", table, catalog)
        if sequence is None:
            continue
        name = product.write(product.table(sequence.schema, sequence.name))
        top = f"(SELECT max({product.quote_name(column.name)}) FROM {product.table(table.schema, table.name)})"  # noqa: S608  # quoted
        if sequence.increment > 0:
            ground.attempt(f"SELECT setval({name}, greatest({top}, {sequence.minimum}))")


def _behind(column: str, default: str, table: Table, catalog: Catalog) -> Sequence | None:
    for sequence in catalog.sequences:
        owner = sequence.owned_by
        if owner is not None and (owner.schema, owner.table, owner.column) == (table.schema, table.name, column):
            return sequence
        if default.startswith("nextval(") and sequence.quoted in default:
            return sequence
    return None
