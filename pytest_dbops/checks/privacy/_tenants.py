"""The tenant tables a check judges, and how much a guess weighs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy import TenancyRules, TenantScope, TenantTable, tenant_scope
from pytest_dbops.core.tenancy.expressions import is_always_true, names_in

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog, Policy, Table

GUESS = 'say whether it is one: [tenancy] column = "{column}", or [tenancy.exempt]'
_WRITES_NEW_ROWS = ("INSERT", "UPDATE")


def tenants_of(catalog: Catalog, tenancy: TenancyRules) -> TenantScope:
    """Return the tenant tables; raises DoesNotApply where there are none."""
    scope = tenant_scope(catalog, tenancy)
    if not scope.tables:
        raise DoesNotApply("no table names a tenant ([tenancy] column says which column does)")
    return scope


def designed(scope: TenantScope) -> Iterator[TenantTable]:
    """Yield the tenant tables that somebody designed; a partition is what its parent is."""
    return (each for each in scope.tables if not each.table.is_partition)


def reachable(scope: TenantScope) -> Iterator[TenantTable]:
    """Yield the tables that can be read by name: of partitions, those on which a role has a right of its own."""
    return (each for each in scope.tables if not each.table.is_partition or each.table.privileges.grants)


def weighed(scope: TenantScope, severity: Severity) -> Severity:
    """Return a severity; a warning at most where only the name of a column says that there are tenants."""
    return min(severity, Severity.WARNING) if scope.is_guessed else severity


def hint(scope: TenantScope, statement: str) -> str:
    """Return what mends a finding; first of all the question whether there are tenants, where that is a guess."""
    return GUESS.format(column=scope.column) if scope.is_guessed else statement


def lets_everything_through(policy: Policy, column: str) -> str:
    """Say which condition of a policy holds for rows of every tenant; nothing when none does."""
    for clause, condition in (("USING", policy.using), ("WITH CHECK", policy.with_check)):
        if condition is None:
            continue
        if is_always_true(condition):
            return f"{clause} (true)"
        if column not in names_in(condition):
            return f"{clause} {condition}, which does not name {column!r}"
    return ""


def covers(policy: Policy, command: str) -> bool:
    """Tell whether a policy lets rows through for a command, seen or written."""
    if policy.command not in ("ALL", command):
        return False
    return (policy.with_check or policy.using) is not None if command in _WRITES_NEW_ROWS else policy.using is not None


def alter(table: Table, action: str) -> str:
    """Return the statement that changes a table."""
    return f"ALTER TABLE {table.quoted} {action};"
