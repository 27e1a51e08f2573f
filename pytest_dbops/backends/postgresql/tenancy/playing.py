"""The role that plays the application's on a scratch server: plain, owning nothing, with the rights it is declared."""

from __future__ import annotations

from contextlib import closing

from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.postgresql.tenancy.stage import sure, sure_text
from pytest_dbops.core.access import RoleRule
from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.tenancy import TenantScope

_ROWS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def make_role(admin_url: str, name: str) -> None:
    """Make the role; `name` is one that nobody else has."""
    with closing(connect_admin(admin_url)) as admin:
        admin.execute(f"CREATE ROLE {sure(name)} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS INHERIT")


def grant_role(
    admin_url: str, name: str, catalog: Catalog, scope: TenantScope, *, declared: str, rule: RoleRule | None
) -> None:
    """Give the role what the application's has.

    On tables of tenants it is SELECT, INSERT, UPDATE and DELETE whatever is declared, so that the policies are tried
    and not the rights. On all else: what the matrix says of the role, and what the server's role of that name has, if
    the migrations grant to one; where neither says anything, it reads every table, and uses every view that is not
    materialized.
    """
    with closing(connect_admin(admin_url)) as admin:
        known = declared and admin.scalar(f"SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {sure_text(declared)}")  # noqa: S608  # quoted
        if known:
            admin.execute(f"GRANT {sure(declared)} TO {sure(name)}")
        for statement in _statements(catalog, scope, rule, is_known=bool(known)):
            admin.execute(f"{statement} TO {sure(name)}")


def _statements(catalog: Catalog, scope: TenantScope, rule: RoleRule | None, *, is_known: bool) -> list[str]:
    found = [f"GRANT USAGE ON SCHEMA {sure(schema.name)}" for schema in catalog.schemas]
    by_default = () if rule or is_known else ("SELECT",)
    for table in catalog.tables:
        name = f"{sure(table.schema)}.{sure(table.name)}"
        is_tenants = scope.of(table.schema, table.name) is not None
        if is_tenants and (table.row_security or not table.is_partition):
            found.append(f"GRANT {', '.join(_ROWS)} ON {name}")
            continue
        rights = rule.tables.of(table.display) or () if rule else by_default
        if rights and not table.is_partition:
            found.append(f"GRANT {', '.join(rights)} ON {name}")
    for view in catalog.views:
        rights = rule.tables.of(view.display) or () if rule else () if is_known or view.is_materialized else _ROWS
        if rights:
            found.append(f"GRANT {', '.join(rights)} ON {sure(view.schema)}.{sure(view.name)}")
    for routine in catalog.routines:
        if rule and rule.functions.of(routine.signature):
            signature = f"{sure(routine.schema)}.{sure(routine.name)}({routine.identity_arguments})"
            found.append(f"GRANT EXECUTE ON ROUTINE {signature}")
    return found
