"""TEN009."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_dbops.checks.privacy._tenants import designed, tenants_of
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity

if TYPE_CHECKING:
    from pytest_dbops.core.catalog import Catalog, Table
    from pytest_dbops.core.tenancy import TenancyRules

_MEANINGLESS = ("uuid",)


@check("TEN009", category="privacy", severity=Severity.WARNING)
def unique_key_across_tenants(catalog: Catalog, tenancy: TenancyRules) -> Iterator[Finding]:
    """A value that one tenant uses is refused to all others.

    A unique key of a tenant's table without the tenant's column holds across tenants: the second firm cannot have an
    invoice number 1, and the refusal tells it that somebody else has. Keys of one column that the database numbers,
    or a uuid, are left out: nobody chooses their values.

    Put the tenant's column first into the key.
    """
    scope = tenants_of(catalog, tenancy)
    for each in designed(scope):
        for name, columns in sorted(_unique_keys(each.table)):
            if each.column not in columns and not _is_surrogate(each.table, columns):
                yield Finding(
                    f"{each.table.display}.{name or '(' + ', '.join(columns) + ')'}",
                    f"({', '.join(columns)}) of {each.table.display!r} is unique across tenants: {each.column!r} is not"
                    " part of it",
                    hint=f"make it unique on ({', '.join((each.column, *columns))})",
                )


def _unique_keys(table: Table) -> set[tuple[str, tuple[str, ...]]]:
    keys = {(key.name, key.columns) for key in table.unique_constraints}
    if table.primary_key is not None:
        keys.add((table.primary_key.name, table.primary_key.columns))
    known = {columns for _, columns in keys}
    for index in table.indexes:
        columns = tuple(column or "an expression" for column in index.columns)
        if index.is_unique and not index.constraint and columns not in known:
            keys.add((index.name, columns))
    return keys


def _is_surrogate(table: Table, columns: tuple[str, ...]) -> bool:
    """Tell whether values of a key are made by a machine; SQLite numbers a lone INTEGER key by itself."""
    if len(columns) != 1 or not table.has_column(columns[0]):
        return False
    column = table.column(columns[0])
    is_key = table.primary_key is not None and table.primary_key.columns == columns
    is_rowid = is_key and column.type.upper() == "INTEGER"
    is_numbered = bool(column.identity) or "nextval(" in (column.default or "")
    return is_rowid or is_numbered or column.type_name in _MEANINGLESS
