"""TEN003."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import lets_everything_through, tenants_of, weighed
from pytest_dbops.core.catalog import PUBLIC, Catalog, Policy, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import Roles
    from pytest_dbops.core.tenancy import TenancyRules


@check("TEN003", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def policy_not_bound_to_tenant(catalog: Catalog, tenancy: TenancyRules, roles: Roles) -> Iterator[Finding]:
    """A permissive policy of a tenant's table does not ask for the tenant.

    Permissive policies are joined by OR: one that is `true`, or that asks for anything but the tenant, makes all
    others of its command meaningless. Mostly it was written for one job and never taken away. A policy for other
    roles than the application's (`[tenancy] role`) is a warning: those roles see all tenants.

    Let the policy compare the tenant's column with the session's tenant, or make it AS RESTRICTIVE if it was meant
    to narrow what others let through.
    """
    scope = tenants_of(catalog, tenancy)
    acting = roles.acts_as(tenancy.role) if tenancy.role else frozenset[str]()
    for each in scope.tables:
        for policy in each.table.policies:
            open_for = lets_everything_through(policy, each.column) if policy.is_permissive else ""
            if not open_for:
                continue
            concerns = not acting or not set(policy.roles).isdisjoint({PUBLIC, *acting})
            whom = "" if PUBLIC in policy.roles else f" to {', '.join(policy.roles)}"
            yield Finding(
                f"{each.table.display}.{policy.name}",
                f"policy {policy.name!r} of {each.table.display!r} opens every row{whom} for {_for(policy)}:"
                f" {open_for}",
                hint=f"DROP POLICY {quote_identifier(policy.name)} ON {each.table.quoted};",
                severity=weighed(scope, Severity.ERROR if concerns else Severity.WARNING),
            )


def _for(policy: Policy) -> str:
    return "every command" if policy.command == "ALL" else policy.command
