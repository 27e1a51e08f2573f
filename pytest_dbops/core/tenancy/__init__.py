"""Tenants in one database: which tables are theirs, and what came of trying to reach another's rows.

Names are imported when they are first used: every command reads the rules that a project declares, and few the catalog
that they are held against.
"""

from __future__ import annotations

# The name that type checkers know; to import it from typing would cost more than all there is here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_dbops.core.tenancy.isolation import Attempt as Attempt
    from pytest_dbops.core.tenancy.isolation import Isolation as Isolation
    from pytest_dbops.core.tenancy.isolation import Leak as Leak
    from pytest_dbops.core.tenancy.isolation import Mutant as Mutant
    from pytest_dbops.core.tenancy.isolation import MutantFate as MutantFate
    from pytest_dbops.core.tenancy.isolation import Unproved as Unproved
    from pytest_dbops.core.tenancy.rules import TenancyRules as TenancyRules
    from pytest_dbops.core.tenancy.scope import TenantScope as TenantScope
    from pytest_dbops.core.tenancy.scope import TenantTable as TenantTable
    from pytest_dbops.core.tenancy.scope import tenant_scope as tenant_scope

_HOMES = {
    "Attempt": "isolation",
    "Isolation": "isolation",
    "Leak": "isolation",
    "Mutant": "isolation",
    "MutantFate": "isolation",
    "TenancyRules": "rules",
    "TenantScope": "scope",
    "TenantTable": "scope",
    "Unproved": "isolation",
    "tenant_scope": "scope",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
