"""TEN005."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import hint, tenants_of, weighed
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy.views import INVOKER, has_rights_of_its_owner, tables_behind

if TYPE_CHECKING:
    from pytest_dbops.core.access import Roles
    from pytest_dbops.core.catalog import Catalog, View
    from pytest_dbops.core.tenancy import TenancyRules, TenantTable

_HAS_INVOKER = 150000


@check("TEN005", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def view_past_row_security(catalog: Catalog, tenancy: TenancyRules, roles: Roles) -> Iterator[Finding]:
    """A view shows rows of tenants with the rights of its owner.

    Policies are asked as for the owner of the view, not for whoever reads it. If the owner is a superuser, has
    BYPASSRLS, or owns a table whose row-level security is not forced, the view shows all tenants to everybody. If
    none of that is so it is a warning: the view is as safe as the owner is harmless. A materialized view holds the
    rows of all tenants as its owner saw them, and has no row-level security at all.

    Set `security_invoker` on the view (PostgreSQL 15 and newer; on 14 give it an owner whom the policies bind). Let
    no application read a materialized view of all tenants: put a function or a view in front that asks for the
    tenant.
    """
    scope = tenants_of(catalog, tenancy)
    behind = tables_behind(catalog, scope)
    for view in catalog.views:
        tables = behind.get((view.schema, view.name), ())
        if not tables or not (view.is_materialized or has_rights_of_its_owner(view)):
            continue
        past = _past(view, tables, roles)
        what = "materialized view" if view.is_materialized else "view"
        yield Finding(
            view.display,
            f"{what} {view.display!r} shows {_named(tables)} {past or f'with the rights of its owner {view.owner!r}'}",
            hint=hint(scope, _mend(catalog, view)),
            severity=weighed(scope, Severity.ERROR if past else Severity.WARNING),
        )


def _past(view: View, tables: Sequence[TenantTable], roles: Roles) -> str:
    """Say why policies do not hold for what a view shows; nothing when they do."""
    if view.is_materialized:
        return "of all tenants" if view.privileges.grants else ""
    owner = roles.role(view.owner)
    if owner is not None and owner.passes_by_policies:
        return f"past row-level security: its owner {view.owner!r} is a superuser or has BYPASSRLS"
    open_to_owner = [each.table for each in tables if not each.table.force_row_security]
    for table in open_to_owner:
        if not table.row_security or table.owner in roles.acts_as(view.owner):
            return f"past row-level security: it does not hold for the owner of {table.display!r}"
    return ""


def _named(tables: Sequence[TenantTable]) -> str:
    names = [repr(each.table.display) for each in tables[:3]]
    return ", ".join(names) + (f" and {len(tables) - 3} more" if len(tables) > len(names) else "")


def _mend(catalog: Catalog, view: View) -> str:
    if view.is_materialized:
        return "revoke it from the application's role, and let that read a view that asks for the tenant"
    if catalog.server_version < _HAS_INVOKER:
        return "give the view an owner whom the policies bind (security_invoker needs PostgreSQL 15)"
    return f"ALTER VIEW {view.quoted} SET ({INVOKER} = true);"
