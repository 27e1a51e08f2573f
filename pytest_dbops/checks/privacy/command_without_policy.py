"""TEN002."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import covers, reachable, tenants_of, weighed
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog, Table
    from pytest_dbops.core.tenancy import TenancyRules

_COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


@check("TEN002", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def command_without_policy(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A command on a tenant's table is let through by no policy.

    Row-level security without a permissive policy refuses: nothing is seen, nothing is written. Whoever finds that
    out in production mends it in a hurry, mostly by a policy that is true. A command that no policy covers is a
    warning where a role has the right to it, since the right then does nothing; a table without any policy is an
    error.

    Write a policy for the command, USING for the rows that are there and WITH CHECK for those that are written, or
    revoke the right.
    """
    scope = tenants_of(catalog, tenancy)
    for each in reachable(scope):
        table = each.table
        if not table.row_security:
            continue
        permissive = [policy for policy in table.policies if policy.is_permissive]
        if not permissive:
            yield Finding(
                table.display,
                f"{table.display!r} has row-level security and no policy that lets a row through",
                hint="write a policy for the tenant's own rows, USING and WITH CHECK",
                severity=weighed(scope, Severity.ERROR),
            )
            continue
        for command in _COMMANDS:
            holders = _holders(table, command)
            if holders and not any(covers(policy, command) for policy in permissive):
                yield Finding(
                    table.display,
                    f"no policy of {table.display!r} lets a row through for {command}, a right of {', '.join(holders)}",
                    hint=f"REVOKE {command} ON {table.quoted} FROM ...; or write a policy FOR {command}",
                    identity=command,
                    severity=Severity.WARNING,
                )


def _holders(table: Table, command: str) -> list[str]:
    granted = {grant.grantee for grant in table.privileges.grants if grant.privilege == command}
    of_columns = (grant for column in table.columns for grant in column.privileges.grants)
    return sorted(granted | {grant.grantee for grant in of_columns if grant.privilege == command})
