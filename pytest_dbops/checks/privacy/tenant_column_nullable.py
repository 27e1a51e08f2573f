"""TEN008."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import designed, hint, tenants_of, weighed
from pytest_dbops.core.catalog import Catalog, Table, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.tenancy import TenancyRules


@check("TEN008", category="privacy", severity=Severity.ERROR)
def tenant_column_nullable(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A row of a tenant's table may have no tenant.

    Such a row is seen by nobody, or, where a filter is written `IS NOT DISTINCT FROM` or by an outer join, by
    everybody; no foreign key holds it to its tenant, and a deletion of the tenant leaves it behind.

    Make the column NOT NULL. Where a row without a tenant is meant for all of them, write the table into `[tenancy]`
    `shared`.
    """
    scope = tenants_of(catalog, tenancy)
    for each in designed(scope):
        column = each.table.column(each.column)
        if not column.not_null and not each.is_shared and not _is_in_key(each.table, each.column):
            name = quote_identifier(each.column)
            action = f"ALTER COLUMN {name} SET NOT NULL"
            yield Finding(
                f"{each.table.display}.{each.column}",
                f"{each.table.display!r} takes rows without a tenant: {each.column!r} may be null",
                hint=hint(
                    scope,
                    f"ALTER TABLE {each.table.quoted} {action};"
                    if catalog.dialect == "postgresql"
                    else f"rebuild {each.table.quoted} (alembic: op.batch_alter_table) with {name} NOT NULL",
                ),
                severity=weighed(scope, Severity.ERROR),
            )


def _is_in_key(table: Table, column: str) -> bool:
    """Tell whether the primary key keeps nulls out: PostgreSQL's does, SQLite's where rows have no rowid or a type."""
    key = table.primary_key
    return key is not None and column in key.columns and (table.is_without_rowid or table.is_strict)
