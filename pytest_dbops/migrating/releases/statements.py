"""What a release would run on each table: the life of one row, and a SELECT that names every column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.product import Product, product_of
from pytest_dbops.migrating.filling.rows import Row
from pytest_dbops.migrating.filling.shapes import TableName, TableShape
from pytest_dbops.migrating.filling.statements import insert
from pytest_dbops.migrating.filling.values import OMITTED

DUPLICATE = "INSERT of a duplicate"


@frozen
class ReleaseStatement:
    """One statement on one table; ``column`` is what an UPDATE sets, ``setting`` its SQL, empty for the other verbs."""

    table: TableName
    verb: str
    column: str
    sql: str
    setting: str = ""


def statements_of(shape: TableShape, row: Row | None, catalog: Catalog) -> Iterator[ReleaseStatement]:
    """Yield a table's statements in the order in which they run; only the SELECT where no row could be made."""
    product, table = product_of(catalog), catalog.table(*shape.key)
    name = product.table(*shape.key)
    # SQLite takes a name in double quotes that is no column for a text, unless a table stands before it.
    columns = ", ".join(f"known.{product.quote_name(column.name)}" for column in table.columns)
    if columns:
        yield ReleaseStatement(shape.key, "SELECT", "", f"SELECT {columns} FROM {name} AS known LIMIT 1")  # noqa: S608  # quoted
    if row is None:
        return
    yield ReleaseStatement(shape.key, "INSERT", "", insert(shape, [row], product))
    found = _where(table, row, product)
    if not found:
        return
    for column, value in row.items():
        if column not in _key(table) and value is not OMITTED:
            setting = f"{product.quote_name(column)} = {value.literal}"
            sql = f"UPDATE {name} SET {setting} WHERE {found}"  # noqa: S608  # quoted
            yield ReleaseStatement(shape.key, "UPDATE", column, sql, setting)
    yield ReleaseStatement(shape.key, "DELETE", "", f"DELETE FROM {name} WHERE {found}")  # noqa: S608  # quoted


def shortened(story: Iterable[ReleaseStatement]) -> Iterator[tuple[str, str]]:
    """Yield the verbs and SQL of a table's story, all columns in one UPDATE: it has no refusal if the story has none.

    Each column is set to what it holds.
    """
    for is_update, run in groupby(story, key=lambda each: bool(each.setting)):
        first, *others = run
        if is_update:
            settings = ", ".join((first.setting, *(each.setting for each in others)))
            yield first.verb, first.sql.replace(first.setting, settings, 1)
        else:
            yield from ((each.verb, each.sql) for each in (first, *others))


def repeated_insert(shape: TableShape, row: Row, catalog: Catalog) -> ReleaseStatement:
    """Return the INSERT of a row that has in common with another one all that may be."""
    return ReleaseStatement(shape.key, DUPLICATE, "", insert(shape, [row], product_of(catalog)))


def short_insert(shape: TableShape, row: Row, catalog: Catalog) -> ReleaseStatement | None:
    """Return the INSERT that leaves out what has a default, ``None`` where nothing has."""
    defaults = {column.name: OMITTED for column in shape.columns if column.has_default}
    if not defaults:
        return None
    sql = insert(shape, [{**row, **defaults}], product_of(catalog))
    return ReleaseStatement(shape.key, "INSERT without defaults", "", sql)


def _key(table: Table) -> tuple[str, ...]:
    return table.primary_key.columns if table.primary_key is not None else ()


def _where(table: Table, row: Row, product: Product) -> str:
    if not _key(table) or any(row[name] is OMITTED for name in _key(table)):
        return ""
    table_name = product.quote_name(table.name)
    return " AND ".join(f"{table_name}.{product.quote_name(name)} = {row[name].literal}" for name in _key(table))
