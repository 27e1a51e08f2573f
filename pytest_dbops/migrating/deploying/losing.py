"""Find out on a scratch database which tables and columns a downgrade empties; how much is in them, others count."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.rehearsed import LossAccount
from pytest_dbops.migrating.filling import fill, ground_of
from pytest_dbops.migrating.losses import account, read_contents
from pytest_dbops.migrating.losses.contents import Contents
from pytest_dbops.migrating.urls import own_url
from pytest_dbops.migrating.walking.connection import CatalogReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_GONE_TABLE, _GONE_COLUMN = "the table is gone", "the column is gone"


@frozen
class Emptied:
    """A table of which rows, or a column of which values, are not there after a downgrade.

    column: empty for whole rows. reason: in words. is_whole: whether nothing of it stays.
    """

    schema: str
    table: str
    column: str
    reason: str
    is_whole: bool


@frozen
class Look:
    """A scratch database at one moment; contents are None where it was not filled."""

    catalog: Catalog
    contents: Contents | None


def look_at(url: str, read: CatalogReader, *, fills: bool = False, has_rows: bool = True) -> Look:
    """Return schema and rows of a scratch database, filled with made-up rows first if wanted."""
    with _opened(url) as connection:
        ground = ground_of(connection)
        catalog = read(_Reading(connection))
        if fills:
            fill(ground, catalog)
        return Look(catalog, read_contents(ground, catalog) if has_rows else None)


def emptied(before: Look, after: Look) -> tuple[Emptied, ...]:
    """Return what a downgrade took away: by the schemas what is gone, by the rows what else is not as it was."""
    found = {(each.schema, each.table, each.column): each for each in _changed(before, after)}
    found |= {(each.schema, each.table, each.column): each for each in _gone(before.catalog, after.catalog)}
    return tuple(found[key] for key in sorted(found))


def _gone(before: Catalog, after: Catalog) -> list[Emptied]:
    found = []
    for table in before.tables:
        if table.is_version_table or table.is_partition:
            continue
        if not after.has_table(table.schema, table.name):
            found.append(Emptied(table.schema, table.name, "", _GONE_TABLE, is_whole=True))
            continue
        left = {column.name for column in after.table(table.schema, table.name).columns}
        found += [
            Emptied(table.schema, table.name, column.name, _GONE_COLUMN, is_whole=True)
            for column in table.columns
            if column.name not in left
        ]
    return found


def _changed(before: Look, after: Look) -> list[Emptied]:
    if before.contents is None or after.contents is None:
        return []
    charged: LossAccount = account(before.contents, after.contents, before.catalog, after.catalog)
    tables = {table.display: table for table in before.catalog.tables}
    found = []
    for loss in charged.tables:
        table = tables[loss.table]
        if loss.lost:
            found.append(Emptied(table.schema, table.name, "", loss.reason or "rows are deleted", is_whole=False))
        found += [Emptied(table.schema, table.name, each.column, each.kind, is_whole=False) for each in loss.columns]
    return found


@frozen
class _Reading:
    """A connection as a reader of catalogs wants it."""

    connection: Connection

    def query(self, sql: str) -> Sequence[Sequence[Any]]:
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(sql)
            return cursor.fetchall()
        finally:
            cursor.close()


@contextmanager
def _opened(url: str) -> Iterator[Connection]:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    with create_engine(own_url(url), poolclass=NullPool).connect() as connection:
        yield connection
        connection.commit()
