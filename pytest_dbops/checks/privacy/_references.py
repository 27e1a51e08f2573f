"""Foreign keys between tables of tenants that do not carry the tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.frozen import frozen

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog, ForeignKey
    from pytest_dbops.core.tenancy import TenantScope, TenantTable


@frozen
class LooseReference:
    """A foreign key that finds its row without asking for the tenant."""

    child: TenantTable
    key: ForeignKey
    parent: TenantTable

    @property
    def subject(self) -> str:
        """Name it as waivers do."""
        columns = self.key.columns
        return f"{self.child.table.display}." + (columns[0] if len(columns) == 1 else f"({', '.join(columns)})")


def loose_references(catalog: Catalog, scope: TenantScope) -> Iterator[LooseReference]:
    """Yield every such key; one into a shared table is none, whose rows may be everybody's."""
    for child in scope.tables:
        if child.table.is_partition:
            continue
        for key in child.table.foreign_keys:
            parent = scope.of(key.target_schema or child.table.schema, key.target_table)
            if parent is None or parent.is_shared:
                continue
            if (child.column, parent.column) not in zip(key.columns, key.target_columns, strict=False):
                yield LooseReference(child, key, parent)
