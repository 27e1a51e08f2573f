"""Which views show rows of tenants, by the names in their definitions."""

from __future__ import annotations

from pytest_dbops.core.catalog import Catalog, View
from pytest_dbops.core.tenancy.expressions import names_in
from pytest_dbops.core.tenancy.scope import TenantScope, TenantTable

INVOKER = "security_invoker"


def tables_behind(catalog: Catalog, scope: TenantScope) -> dict[tuple[str, str], tuple[TenantTable, ...]]:
    """Return the tenant tables that each view reads, directly or through others; views that read none are left out.

    A table counts where its name stands in the definition: one of the same name in another schema may be meant, which
    says too much, never too little.
    """
    by_table = {each.table.name: each for each in scope.tables if not each.table.is_partition}
    views = {(view.schema, view.name): view for view in catalog.views}
    named = {key: names_in(view.definition) for key, view in views.items()}
    found: dict[tuple[str, str], tuple[TenantTable, ...]] = {}
    for key in views:
        behind = _reached(key, named, by_table, {})
        if behind:
            found[key] = tuple(each for _, each in sorted(behind.items()))
    return found


def has_rights_of_its_owner(view: View) -> bool:
    """Tell whether a view reads with the rights of its owner, and not of whoever asks it."""
    return not any(option.lower() in (f"{INVOKER}=true", f"{INVOKER}=on", f"{INVOKER}=1") for option in view.options)


def _reached(
    start: tuple[str, str], named: dict[tuple[str, str], frozenset[str]], tables: dict[str, TenantTable],
    seen: dict[tuple[str, str], None],
) -> dict[str, TenantTable]:  # fmt: skip
    if start in seen:
        return {}
    seen[start] = None
    found = {name: tables[name] for name in named[start] if name in tables}
    for key in named:
        if key[1] in named[start] and key != start:
            found |= _reached(key, named, tables, seen)
    return found
