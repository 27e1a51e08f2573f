"""TEN001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import alter, hint, reachable, tenants_of, weighed
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog
    from pytest_dbops.core.tenancy import TenancyRules


@check("TEN001", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def tenant_table_without_row_security(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A tenant's table has no row-level security, or its owner is exempt from it.

    One forgotten condition in one query shows a tenant the rows of all others, and nothing in the database stands
    in its way. Policies on a table without row-level security do nothing. Without FORCE they do not hold for the
    owner, as whom migrations run, SECURITY DEFINER routines act, and many an application logs in. A partition is
    judged where a role has a right on it by name.

    Enable and force it, in a migration.
    """
    scope = tenants_of(catalog, tenancy)
    for each in reachable(scope):
        table = each.table
        if not table.row_security:
            policies = ", so its policies do nothing" if table.policies else ""
            yield Finding(
                table.display,
                f"{table.display!r} holds rows of tenants ({each.column}) without row-level security{policies}",
                hint=hint(scope, alter(table, "ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")),
                severity=weighed(scope, Severity.ERROR),
            )
        elif not table.force_row_security:
            yield Finding(
                table.display,
                f"row-level security of {table.display!r} is not forced: its owner {table.owner!r} sees all tenants",
                hint=hint(scope, alter(table, "FORCE ROW LEVEL SECURITY")),
                identity="not forced",
                severity=weighed(scope, Severity.ERROR),
            )
