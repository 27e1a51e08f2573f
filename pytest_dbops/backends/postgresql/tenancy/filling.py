"""Rows that a trial needs and the seeds did not make: of a second tenant, of everybody, in a partition without any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pytest_dbops.backends.postgresql.tenancy.stage import Rows, Stage, read_rows, sure, sure_table, sure_text
from pytest_dbops.core.catalog import Table
from pytest_dbops.core.catalog.names import quoted_name
from pytest_dbops.core.tenancy import TenantTable


@contextmanager
def filled(stage: Stage, rows: Rows, held: Sequence[Rows], tenants: tuple[str, str]) -> Iterator[Rows]:
    """Return the rows of a table for the length of the block, with what is missing put in as superuser.

    A partition without rows of a tenant is detached, so that it takes rows of its parent; its policies stay. A table
    with rows of one tenant alone gets a copy as another's, a shared one a row without a tenant. What cannot be put in
    is left out: the trial then says what it did not reach.
    """
    table = rows.tenant_table
    parent = _parent_of(table, held) if table.table.is_partition and rows.tenants.isdisjoint(tenants) else None
    lacking: list[str | None] = []
    if table.is_shared and not rows.of(None) and rows.tenants:
        lacking.append(None)
    if len(rows.tenants) == 1:
        lacking.append(next(tenant for tenant in tenants if tenant not in rows.tenants))
    if parent is None and not lacking:
        yield rows
        return
    with stage.changed():
        stage.connection.execute("SET LOCAL session_replication_role = replica")
        if parent is not None:
            _fill_partition(stage, table, parent, tenants)
        for tenant in lacking:
            _copy_as(stage, table, tenant)
        stage.connection.execute("SET LOCAL session_replication_role = origin")
        yield read_rows(stage, table)


def _parent_of(table: TenantTable, held: Sequence[Rows]) -> Rows | None:
    """Return the table at the top of a partition's tree, if it has rows."""
    by_name = {each.tenant_table.table.display: each for each in held}
    above, seen = table.table, set[str]()
    while above.inherits and above.display not in seen:
        seen.add(above.display)
        found = by_name.get(above.inherits[0])
        if found is None:
            return None
        above = found.tenant_table.table
    top = by_name.get(above.display)
    return top if top is not None and top.tenants else None


def _fill_partition(stage: Stage, table: TenantTable, top: Rows, tenants: tuple[str, str]) -> None:
    target, names = sure_table(table), _names(table.table)
    with stage.changed_or_kept():
        stage.connection.execute(f"ALTER TABLE {_direct_parent(table)} DETACH PARTITION {target}".encode())
        for tenant in tenants:
            stage.connection.execute(
                f"INSERT INTO {target} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM"  # noqa: S608  # quoted names
                f" {sure_table(top.tenant_table)} WHERE {sure(table.column)}::text = %s LIMIT 1".encode(),
                (tenant,),
            )


def _copy_as(stage: Stage, table: TenantTable, tenant: str | None) -> None:
    """Copy a row as another tenant's, or nobody's; what the database makes of a key by itself is left to it."""
    target, column = sure_table(table), sure(table.column)
    key = table.table.primary_key.columns if table.table.primary_key else ()
    made = {
        each.name
        for each in table.table.columns
        if each.identity or (each.default and (each.name in key or "nextval(" in each.default))
    }
    names = [each.name for each in table.table.columns if not each.generated and each.name not in made]
    as_another = "NULL" if tenant is None else sure_text(tenant)
    values = ", ".join(as_another if name == table.column else sure(name) for name in names)
    listed = ", ".join(map(sure, names))
    with stage.changed_or_kept():
        stage.connection.execute(
            f"INSERT INTO {target} ({listed}) SELECT {values} FROM {target} WHERE {column} IS NOT NULL LIMIT 1".encode()  # noqa: S608  # as above
        )  # fmt: skip


def _direct_parent(table: TenantTable) -> str:
    schema, _, name = table.table.inherits[0].rpartition(".")
    return quoted_name(schema, name)


def _names(table: Table) -> str:
    return ", ".join(sure(column.name) for column in table.columns if not column.generated)
