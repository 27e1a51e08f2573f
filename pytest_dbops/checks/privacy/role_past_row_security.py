"""TEN013."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import tenants_of, weighed
from pytest_dbops.core.catalog import Catalog, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import Roles
    from pytest_dbops.core.environment import Environment
    from pytest_dbops.core.session import Session
    from pytest_dbops.core.tenancy import TenancyRules, TenantScope

_UNBOUND = "row-level security does not bind it"
_WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


@check("TEN013", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def role_past_row_security(
    catalog: Catalog, tenancy: TenancyRules, roles: Roles, session: Session, environment: Environment
) -> Iterator[Finding]:
    """The role of the application is one that row-level security does not bind.

    For a superuser, a role with BYPASSRLS, and the owner of a table whose row-level security is not forced, no policy
    is asked: all of them may be right, and every tenant sees everything. It is the commonest way in which tests of
    isolation pass that test nothing. Judged is `[tenancy] role`; where that is not written, the role that this gate
    logs in as, if it may write, as a warning.

    Log in as a plain role that owns nothing, and write it into `[tenancy]` as `role`.
    """
    scope = tenants_of(catalog, tenancy)
    if tenancy.role and roles.role(tenancy.role) is None:
        if environment.is_embedded:
            raise DoesNotApply(f"{tenancy.role!r} is no role of a scratch server; there it is played by one of our own")
        yield Finding(
            f"role {tenancy.role}",
            f"the server has no role {tenancy.role!r}, as which the application is to log in ([tenancy] role)",
            hint=f"CREATE ROLE {quote_identifier(tenancy.role)} LOGIN NOSUPERUSER NOBYPASSRLS;",
            identity="absent",
        )
        return
    name = tenancy.role or session.identity.role
    if not tenancy.role and _only_reads(name, scope, roles):
        raise DoesNotApply('nothing says as which role the application logs in (add to [tenancy]: role = "...")')
    for reason, outcome, mend in _past(name, scope, roles):
        yield Finding(
            f"role {name}",
            f"role {name!r} {reason}: {outcome}",
            hint=mend if tenancy.role else 'say as which role the application logs in: [tenancy] role = "..."',
            identity=outcome,
            severity=weighed(scope, Severity.ERROR) if tenancy.role else Severity.WARNING,
        )


def _past(name: str, scope: TenantScope, roles: Roles) -> Iterator[tuple[str, str, str]]:
    role = roles.role(name)
    if role is not None and role.has("superuser"):
        yield "is a superuser", _UNBOUND, f"ALTER ROLE {quote_identifier(name)} NOSUPERUSER;"
        return
    if role is not None and role.has("bypassrls"):
        yield "has BYPASSRLS", _UNBOUND, f"ALTER ROLE {quote_identifier(name)} NOBYPASSRLS;"
    acting = roles.acts_as(name)
    owned = [each.table for each in scope.tables if each.table.owner in acting]
    if owned:
        many = f" and {len(owned) - 1} more" if len(owned) > 1 else ""
        yield (
            f"acts as the owner of {owned[0].display!r}{many}",
            "an owner may switch row-level security off, and is exempt where it is not forced",
            "let the tables belong to a role of their own, as which only migrations run",
        )


def _only_reads(name: str, scope: TenantScope, roles: Roles) -> bool:
    """Tell whether a role is one for gates: it may see all, and change nothing."""
    role, acting = roles.role(name), roles.acts_as(name)
    if role is not None and role.has("superuser"):
        return False
    return not any(
        each.table.owner in acting or any(right in _WRITES for one in acting for right in each.table.privileges.of(one))
        for each in scope.tables
    )
