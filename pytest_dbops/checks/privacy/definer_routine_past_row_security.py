"""TEN006."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import tenants_of, weighed
from pytest_dbops.core.catalog import Catalog, Routine, RoutineKind
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import Roles
    from pytest_dbops.core.tenancy import TenancyRules, TenantScope


@check("TEN006", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def definer_routine_past_row_security(catalog: Catalog, tenancy: TenancyRules, roles: Roles) -> Iterator[Finding]:
    """A SECURITY DEFINER routine acts among the tenants with the rights of its owner.

    Policies are asked as for the owner. One whose owner is a superuser, has BYPASSRLS, or owns a tenant's table
    whose row-level security is not forced, sees and writes the rows of all tenants for whoever may call it. Every
    other one is listed as an info: it may set the tenant itself.

    Make the routine SECURITY INVOKER, or give it to an owner whom the policies bind, and revoke EXECUTE from PUBLIC.
    """
    scope = tenants_of(catalog, tenancy)
    for routine in catalog.routines:
        if not routine.is_security_definer:
            continue
        past = _past(routine, scope, roles)
        is_callable = bool(routine.privileges.grants) and routine.returns not in ("trigger", "event_trigger")
        yield Finding(
            routine.signature,
            f"{routine.signature!r} acts with the rights of {routine.owner!r}" + (f", {past}" if past else ""),
            hint=_hint(routine, is_past=bool(past), is_callable=is_callable),
            severity=_severity(scope, is_past=bool(past), is_callable=is_callable),
        )


def _hint(routine: Routine, *, is_past: bool, is_callable: bool) -> str:
    if not is_past:
        return "read what it does with the tenant"
    kind = "PROCEDURE" if routine.kind is RoutineKind.PROCEDURE else "FUNCTION"
    if is_callable:
        return f"ALTER {kind} {routine.quoted} SECURITY INVOKER;"
    # A trigger most often acts for its owner because the writer may not, as in the table of an audit trail.
    return (
        f"give it to a role whom the policies bind (ALTER {kind} {routine.quoted} OWNER TO ...), with just its rights"
    )


def _past(routine: Routine, scope: TenantScope, roles: Roles) -> str:
    owner = roles.role(routine.owner)
    if owner is not None and owner.passes_by_policies:
        return "who is a superuser or has BYPASSRLS: row-level security is not asked"
    acting = roles.acts_as(routine.owner)
    for each in scope.tables:
        if not each.table.force_row_security and each.table.owner in acting:
            return f"the owner of {each.table.display!r}, for whom its row-level security does not hold"
    return ""


def _severity(scope: TenantScope, *, is_past: bool, is_callable: bool) -> Severity:
    if not is_past:
        return Severity.INFO
    return weighed(scope, Severity.ERROR if is_callable else Severity.WARNING)
