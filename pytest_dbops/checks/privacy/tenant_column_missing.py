"""TEN007."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import tenants_of, weighed
from pytest_dbops.core.catalog import Catalog, Persistence
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.tenancy import TenancyRules


@check("TEN007", category="privacy", severity=Severity.ERROR)
def tenant_column_missing(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A table belongs to a tenant's table, and does not say to which tenant its rows belong.

    It refers to a table of tenants, so that its rows are a tenant's too. Without the column no policy and no filter
    can tell them apart, except by a join that every query has to remember.

    Add the column, fill it from the table referred to, and let the foreign key carry it; or write the table into
    `[tenancy.exempt]` with the reason why its rows are nobody's.
    """
    scope = tenants_of(catalog, tenancy)
    exempt = dict(tenancy.exempt)
    for table in catalog.tables:
        left_out = table.display in exempt or table.is_partition or table.persistence is Persistence.TEMPORARY
        if left_out or scope.of(table.schema, table.name) is not None:
            continue
        for key in table.foreign_keys:
            target = scope.of(key.target_schema or table.schema, key.target_table)
            if target is not None and not target.is_shared:
                yield Finding(
                    table.display,
                    f"{table.display!r} refers to {target.table.display!r}, a table of tenants, and has no column"
                    f" {target.column!r}",
                    hint=f"add {target.column!r} to it and to the foreign key, or write it into [tenancy.exempt]",
                    severity=weighed(scope, Severity.ERROR),
                )
                break
