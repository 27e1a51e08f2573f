"""ACC004."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._access import refuse_scratch
from pytest_dbops.core.catalog import quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import AccessRules, Membership, Role, Roles
    from pytest_dbops.core.environment import Environment


@check("ACC004", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def membership_beside_matrix(access: AccessRules, roles: Roles, environment: Environment) -> Iterator[Finding]:
    """A role belongs to others than the declared matrix says.

    A membership brings all rights of the other role, and those of the roles that it belongs to; a member of the owner
    owns everything. Judged are the roles of the matrix, and every other role that belongs to one of them or to the
    declared owner. The right to give a membership away is told as well.

    Revoke or grant the membership, or write it into `member_of`.
    """
    refuse_scratch(environment)
    precious = {rule.name for rule in access.roles} | ({access.owner} if access.owner else set())
    for role in roles.roles:
        if access.ignores(role.name):
            continue
        rule = access.rule(role.name)
        if rule is not None:
            yield from _of_declared(role, rule.member_of, roles)
        elif not role.has("superuser"):
            yield from _of_stranger(role, precious, roles)


def _of_declared(role: Role, declared: tuple[str, ...], roles: Roles) -> Iterator[Finding]:
    held = {membership.role: membership for membership in role.member_of}
    for name, membership in held.items():
        if name not in declared:
            told = f"belongs to role {name!r}, which the matrix does not say"
            yield _finding(role, told, f"REVOKE {name}", _revoking(role, membership, roles))
        elif membership.may_grant:
            told = f"may give the membership in {name!r} to others, which the matrix does not say"
            hint = _revoking(role, membership, roles, option="ADMIN OPTION FOR ")
            yield _finding(role, told, f"REVOKE ADMIN OPTION FOR {name}", hint)
    for name in declared:
        if name not in held:
            told = f"does not belong to role {name!r}, as the matrix says it does"
            hint = f"GRANT {quote_identifier(name)} TO {quote_identifier(role.name)};"
            yield _finding(role, told, f"GRANT {name}", hint)


def _of_stranger(role: Role, precious: set[str], roles: Roles) -> Iterator[Finding]:
    for membership in role.member_of:
        if membership.role in precious:
            told = f"belongs to role {membership.role!r}, and is not in the matrix"
            yield _finding(role, told, f"REVOKE {membership.role}", _revoking(role, membership, roles))


def _revoking(role: Role, membership: Membership, roles: Roles, *, option: str = "") -> str:
    """Return what takes a membership away, of each who gave it, and of whoever it was passed on to.

    A superuser takes back what a superuser gave, and has to name anybody else (PostgreSQL manual, REVOKE).
    """
    what = f"REVOKE {option}{quote_identifier(membership.role)} FROM {quote_identifier(role.name)}"
    cascade = " CASCADE" if membership.may_grant and membership.given_by else ""
    named = [
        "" if (giver := roles.role(name)) is None or giver.has("superuser") else f" GRANTED BY {quote_identifier(name)}"
        for name in membership.given_by or ("",)
    ]
    return " ".join(f"{what}{giver}{cascade};" for giver in dict.fromkeys(named))


def _finding(role: Role, told: str, identity: str, hint: str) -> Finding:
    return Finding(f"role {role.name}", f"role {role.name!r} {told}", hint=hint, identity=identity)
