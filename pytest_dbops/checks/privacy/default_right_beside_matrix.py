"""ACC005."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._access import grantee
from pytest_dbops.core.catalog import PUBLIC, Catalog, DefaultPrivilege, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.access import AccessRules, RoleRule, Roles
    from pytest_dbops.core.environment import Environment
    from pytest_dbops.core.session import Session

_KINDS: Mapping[str, str] = {"table": "TABLES", "sequence": "SEQUENCES", "function": "FUNCTIONS", "schema": "SCHEMAS",
                             "type": "TYPES"}  # fmt: skip
_READING = frozenset({"SELECT", "USAGE", "EXECUTE"})


@check("ACC005", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def default_right_beside_matrix(
    catalog: Catalog, access: AccessRules, roles: Roles, session: Session, environment: Environment
) -> Iterator[Finding]:
    """What a role will get on new objects is not what the declared matrix says.

    Default privileges are granted in silence when an object is created: a right that was revoked from every table is
    back with the next one. One that is lacking lets the application fail on the first table of the next release.
    They hold for what one role creates, which is the declared owner's. PUBLIC may execute every new routine, unless the
    owner's defaults take that away: it is told where the matrix says of PUBLIC `default_functions = []`.

    Alter the default privileges, or write them into `default_tables`, `default_sequences`, `default_functions`.
    """
    for default in catalog.default_privileges:
        if default.kind in _KINDS:
            yield from _beyond(default, access, session.identity.role)
    yield from _of_public(catalog, access)
    if not environment.is_embedded:
        yield from _missing(catalog, access, roles)


def _beyond(default: DefaultPrivilege, access: AccessRules, own_role: str) -> Iterator[Finding]:
    for grant in default.grants:
        name, rule = grant.grantee, access.rule(grant.grantee)
        if name == default.role or access.ignores(name) or (rule is None and name == PUBLIC):
            continue
        if rule is None and name == own_role and grant.privilege in _READING:
            continue
        if rule is None or grant.privilege not in _declared(rule, default.kind):
            kind = _KINDS[default.kind]
            where = f" IN SCHEMA {quote_identifier(default.schema)}" if default.schema else ""
            yield Finding(
                f"{default.role} ({kind.lower()})[{name}]",
                f"role {name!r} will get {grant.privilege} on each {default.kind} that {default.role!r} creates"
                f"{where.lower()}, which the matrix does not give it",
                hint=f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote_identifier(default.role)}{where}"
                f" REVOKE {grant.privilege} ON {kind} FROM {grantee(name)};",
                identity=f"{default.schema} {grant.privilege}",
            )


def _of_public(catalog: Catalog, access: AccessRules) -> Iterator[Finding]:
    """Tell of what PostgreSQL gives PUBLIC where no default says otherwise; only one of all schemas can."""
    rule = access.rule(PUBLIC)
    is_said = any(
        (default.role, default.schema, default.kind) == (access.owner, "", "function")
        for default in catalog.default_privileges
    )
    if rule is not None and access.owner and not is_said and "EXECUTE" not in rule.default_functions:
        owner = quote_identifier(access.owner)
        yield Finding(
            f"{access.owner} (functions)[PUBLIC]",
            f"role 'PUBLIC' will get EXECUTE on each function that {access.owner!r} creates: no default takes it away",
            hint=f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;",
            identity="by itself EXECUTE",
        )


def _missing(catalog: Catalog, access: AccessRules, roles: Roles) -> Iterator[Finding]:
    given = {
        (grant.grantee, default.kind, grant.privilege)
        for default in catalog.default_privileges
        for grant in default.grants
        if not access.owner or default.role == access.owner
    }
    for rule in access.roles:
        if rule.name == PUBLIC or roles.role(rule.name) is None:
            continue
        for kind in ("table", "sequence", "function"):
            for right in _declared(rule, kind):
                if (rule.name, kind, right) not in given:
                    creator = f"FOR ROLE {quote_identifier(access.owner)} " if access.owner else ""
                    given_on = f"GRANT {right} ON {_KINDS[kind]} TO {grantee(rule.name)}"
                    yield Finding(
                        f"{access.owner or 'new'} ({_KINDS[kind].lower()})[{rule.name}]",
                        f"role {rule.name!r} will not get {right} on each new {kind}, which the matrix gives it",
                        hint=f"ALTER DEFAULT PRIVILEGES {creator}{given_on};",
                        identity=f"missing {right}",
                    )


def _declared(rule: RoleRule, kind: str) -> tuple[str, ...]:
    if kind == "table":
        return rule.default_tables
    if kind == "sequence":
        return rule.default_sequences
    if kind == "type" and rule.name == PUBLIC:
        return ("USAGE",)
    return rule.default_functions if kind == "function" else ()
