"""TEN014."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import tenants_of, weighed
from pytest_dbops.core.catalog import PUBLIC, Catalog, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.tenancy import TenancyRules

_PAST = {"TRUNCATE": "empties it for all tenants", "TRIGGER": "may hang a trigger on the rows of all tenants",
         "REFERENCES": "may look for keys of all tenants by a foreign key"}  # fmt: skip


@check("TEN014", category="privacy", severity=Severity.ERROR, backends=("postgresql",))
def right_past_row_security(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A role has a right on a tenant's table for which no policy is asked.

    TRUNCATE empties the table for all tenants, TRIGGER hangs code on everybody's rows, REFERENCES finds out which keys
    exist. Mostly they came with a GRANT ALL. TRUNCATE is an error, the others are warnings.

    Revoke them, and grant SELECT, INSERT, UPDATE, DELETE by name.
    """
    scope = tenants_of(catalog, tenancy)
    for each in scope.tables:
        for grant in each.table.privileges.grants:
            if grant.privilege in _PAST:
                whom = PUBLIC if grant.grantee == PUBLIC else quote_identifier(grant.grantee)
                yield Finding(
                    f"{each.table.display}[{grant.grantee}]",
                    f"{grant.grantee!r} has {grant.privilege} on {each.table.display!r}, past row-level security:"
                    f" {_PAST[grant.privilege]}",
                    hint=f"REVOKE {grant.privilege} ON {each.table.quoted} FROM {whom};",
                    identity=grant.privilege,
                    severity=weighed(scope, Severity.ERROR if grant.privilege == "TRUNCATE" else Severity.WARNING),
                )
