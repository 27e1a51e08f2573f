"""TEN010."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import designed, hint, tenants_of, weighed
from pytest_dbops.core.catalog import Catalog, Table, TableKind, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.tenancy import TenancyRules

_LONGEST_NAME = 63


@check("TEN010", category="privacy", severity=Severity.WARNING)
def tenant_column_without_index(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """No index of a tenant's table begins with the tenant's column.

    Every query of every tenant carries the condition on it, by a policy or by a filter: without an index each reads
    the rows of all tenants to find its own, and gets slower with every customer that is won.

    Let the primary key begin with the tenant's column, or add an index that does.
    """
    scope = tenants_of(catalog, tenancy)
    for each in designed(scope):
        if not _is_found_by(each.table, each.column):
            table, concurrently = each.table, ""
            if catalog.dialect == "postgresql" and table.kind is TableKind.PLAIN:
                concurrently = "CONCURRENTLY "
            name = quote_identifier(f"ix_{table.name}_{each.column}"[:_LONGEST_NAME])
            yield Finding(
                f"{table.display}.{each.column}",
                f"no index of {table.display!r} begins with {each.column!r}",
                hint=hint(
                    scope, f"CREATE INDEX {concurrently}{name} ON {table.quoted} ({quote_identifier(each.column)});"
                ),
                severity=weighed(scope, Severity.WARNING),
            )


def _is_found_by(table: Table, column: str) -> bool:
    if table.primary_key is not None and table.primary_key.columns[0] == column:
        return True
    return any(index.is_usable and not index.is_partial and index.columns[:1] == (column,) for index in table.indexes)
