"""TEN011."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._references import loose_references
from pytest_dbops.checks.privacy._tenants import tenants_of, weighed
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog
    from pytest_dbops.core.tenancy import TenancyRules


@check("TEN011", category="privacy", severity=Severity.ERROR)
def foreign_key_across_tenants(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A row of one tenant may refer to a row of another.

    The foreign key does not carry the tenant, so any key that exists is taken. Foreign keys are looked up past
    row-level security: a tenant that guesses a number stores a reference into another's rows, learns that they are
    there, and with ON DELETE CASCADE loses its own when the other's go.

    Make the foreign key composite, tenant first, on a unique key of the same columns.
    """
    scope = tenants_of(catalog, tenancy)
    for loose in loose_references(catalog, scope):
        child, parent, key = loose.child, loose.parent, loose.key
        own, theirs = (child.column, *key.columns), (parent.column, *key.target_columns)
        yield Finding(
            loose.subject,
            f"{child.table.display!r} may refer to a row of another tenant: its key to {parent.table.display!r} is"
            f" ({', '.join(key.columns)}), without {child.column!r}",
            hint=f"FOREIGN KEY ({', '.join(own)}) REFERENCES {parent.table.quoted} ({', '.join(theirs)})",
            identity=key.name,
            severity=weighed(scope, Severity.ERROR),
        )
