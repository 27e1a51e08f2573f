"""TEN004."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import alter
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy import TenancyRules, tenant_scope

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog


@check("TEN004", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def policy_without_row_security(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A table has policies, and row-level security is off.

    Whoever reads the schema believes that the policies hold. They do nothing: every role with the right to read the
    table reads all of it. Tables of tenants are told by another check.

    Enable row-level security, or drop the policies.
    """
    scope = tenant_scope(catalog, tenancy)
    for table in catalog.tables:
        if table.policies and not table.row_security and scope.of(table.schema, table.name) is None:
            names = ", ".join(policy.name for policy in table.policies)
            yield Finding(
                table.display,
                f"{table.display!r} has policies ({names}) that do nothing: row-level security is off",
                hint=alter(table, "ENABLE ROW LEVEL SECURITY"),
            )
