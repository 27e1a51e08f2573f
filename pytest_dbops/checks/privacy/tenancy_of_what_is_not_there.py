"""TEN020."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.core.check import check
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.core.tenancy import TenancyRules, tenant_scope

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog


@check("TEN020", category="privacy", severity=Severity.ERROR)
def tenancy_of_what_is_not_there(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """`[tenancy]` names a column or a table that the schema does not have.

    A misspelt column makes every check of tenants find nothing to judge; a table that was renamed is exempt no
    longer, or for ever, without anybody having decided it.

    Mend the name in dbops.toml, or take it out.
    """
    if not tenancy.is_declared:
        raise DoesNotApply("the project declares no tenants ([tenancy] column)")
    if catalog.tables and not tenant_scope(catalog, tenancy).tables:
        yield Finding("[tenancy] column", f"no table has the column {tenancy.column!r}", hint="mend [tenancy] column")
    tables = {table.display: table for table in catalog.tables}
    for key, names in (
        ("shared", tenancy.shared),
        ("columns", tuple(name for name, _ in tenancy.columns)),
        ("exempt", tuple(name for name, _ in tenancy.exempt)),
    ):
        for name in names:
            if catalog.tables and name not in tables:
                yield Finding(
                    f"[tenancy] {key}: {name}", f"[tenancy] {key} names {name!r}, and there is no such table",
                    hint=f"take it out of [tenancy] {key}, or mend the name",
                )  # fmt: skip
    for name, column in tenancy.columns:
        if name in tables and not tables[name].has_column(column):
            yield Finding(
                f"[tenancy] columns: {name}", f"{name!r} has no column {column!r}, by which [tenancy] columns names its"
                " tenant", hint="mend the column's name",
            )  # fmt: skip
