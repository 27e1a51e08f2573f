"""ACC006."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._access import refuse_scratch
from pytest_dbops.core.access import ATTRIBUTES, AccessRules, Roles
from pytest_dbops.core.catalog import PUBLIC, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.environment import Environment


@check("ACC006", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def role_beside_matrix(access: AccessRules, roles: Roles, environment: Environment) -> Iterator[Finding]:
    """A role is not what the declared matrix says it is.

    It is missing, may not log in, or may what no grant can hold back: a superuser and a role with BYPASSRLS see all
    rows, one with CREATEROLE makes itself others, one with REPLICATION copies the whole server.

    Alter the role, or write the attribute into `attributes`.
    """
    refuse_scratch(environment)
    for rule in access.roles:
        if rule.name == PUBLIC:
            continue
        role, name = roles.role(rule.name), quote_identifier(rule.name)
        if role is None:
            wanted = " ".join(attribute.upper() for attribute in rule.attributes)
            yield Finding(
                f"role {rule.name}",
                f"role {rule.name!r} of the matrix is not there",
                hint=f"CREATE ROLE {name}{' ' + wanted if wanted else ''};",
                identity="absent",
            )
            continue
        for attribute in ATTRIBUTES:
            if role.has(attribute) != (attribute in rule.attributes):
                has = role.has(attribute)
                told = "has" if has else "lacks"
                says = "which the matrix does not give it" if has else "which the matrix gives it"
                yield Finding(
                    f"role {rule.name}",
                    f"role {rule.name!r} {told} {attribute.upper()}, {says}",
                    hint=f"ALTER ROLE {name} {'NO' if has else ''}{attribute.upper()};",
                    identity=attribute,
                )
