"""All rows of a schema as text, in the fewest statements, so that equal values are equal before and after."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from pytest_dbops.core.catalog import Catalog, Table, TableKind
from pytest_dbops.core.frozen import frozen
from pytest_dbops.migrating.filling.fences import without_forced_security
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.product import Product, product_of
from pytest_dbops.migrating.filling.shapes import TableName

Cells = tuple[str | None, ...]
"""The values of one row as text, in the order of the columns; ``None`` for NULL."""

_TABLES_A_STATEMENT = 100
_COLUMNS_A_LIST = 90
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "row_security": "off",
}


@frozen
class TableContents:
    """The rows of one table, sorted; ``key`` are the columns they are known by, none for whole rows."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: tuple[Cells, ...]


@frozen
class Contents:
    """The rows of many tables; ``hidden`` names tables that are left out, since policies would hide rows of them."""

    tables: Mapping[TableName, TableContents]
    hidden: tuple[str, ...] = ()


def read_contents(ground: Ground, catalog: Catalog, *, tables: Collection[TableName] | None = None) -> Contents:
    """Return the rows of all tables, or of some, as text that does not depend on the session's settings.

    Cost: one statement for each hundred tables with a savepoint and the settings around it, in one round trip where the
    driver can, and two for each table that forces row-level security. Partitions are read through their parent;
    foreign and virtual tables, and alembic's own, are not read.
    Raises CannotJudge where a policy would hide rows of a table that the role does not own.
    """
    wanted = [table for table in catalog.tables if _is_read(table) and (tables is None or _name(table) in tables)]
    product = product_of(catalog)
    under = _SETTLED.get(product.name, "")
    with without_forced_security(ground, catalog) as hidden:
        wanted = [table for table in wanted if table.display not in hidden]
        found: dict[TableName, list[Cells]] = {_name(table): [] for table in wanted}
        for start in range(0, len(wanted), _TABLES_A_STATEMENT):
            some = wanted[start : start + _TABLES_A_STATEMENT]
            terms = [_term(number, table, product, catalog) for number, table in enumerate(some)]
            texts: dict[int, list[str]] = {}
            for number, text in ground.ask(" UNION ALL ".join(terms), under=under):
                texts.setdefault(int(number), []).append(text)
            for number, rows in texts.items():
                found[_name(some[number])] = _cells(rows, product)
    contents = {_name(table): _contents(table, found[_name(table)]) for table in wanted}
    return Contents(contents, hidden)


def _is_read(table: Table) -> bool:
    return (
        table.kind in (TableKind.PLAIN, TableKind.PARTITIONED)
        and not table.is_version_table
        and not table.is_partition
        and bool(table.columns)
    )


def _name(table: Table) -> TableName:
    return table.schema, table.name


def _contents(table: Table, rows: list[Cells]) -> TableContents:
    columns = tuple(column.name for column in table.columns)
    documents = [place for place, column in enumerate(table.columns) if column.type == "json"]
    rows = [_with_documents(row, documents) for row in rows] if documents else rows
    rows.sort(key=lambda row: tuple((cell is not None, cell or "") for cell in row))
    return TableContents(columns, _key(table), tuple(rows))


def _with_documents(row: Cells, places: Sequence[int]) -> Cells:
    """Return a row whose JSON does not depend on blanks and the order of keys, which mean nothing."""
    return tuple(_document(cell) if place in places and cell is not None else cell for place, cell in enumerate(row))


def _document(text: str) -> str:
    try:
        return json.dumps(json.loads(text, parse_float=_spelled), sort_keys=True)
    except ValueError:
        return text


def _spelled(digits: str) -> dict[str, str]:
    return {"number": str(Decimal(digits).normalize())}


def _key(table: Table) -> tuple[str, ...]:
    """Return the columns rows are known by: the primary key, else a unique key that has no NULL."""
    if table.primary_key is not None:
        return table.primary_key.columns
    for key in table.unique_constraints:
        if all(table.column(name).not_null for name in key.columns):
            return key.columns
    return ()


def _term(number: int, table: Table, product: Product, catalog: Catalog) -> str:
    name = product.table(table.schema, table.name)
    columns = [product.quote_name(column.name) for column in table.columns]
    if product.name == "sqlite":
        lists = [columns[at : at + _COLUMNS_A_LIST] for at in range(0, len(columns), _COLUMNS_A_LIST)]
        texts = " || ',' || ".join("json_array(" + ", ".join(f"quote({each})" for each in some) + ")" for some in lists)
        return f"SELECT {number} AS place, '[' || {texts} || ']' AS cells FROM {name}"  # noqa: S608  # quoted names
    only = "ONLY " if table.kind is TableKind.PLAIN and _has_heirs(table, catalog) else ""
    cells = ", ".join(f"CAST({name} AS text)" for name in columns)
    return f"SELECT {number} AS place, CAST(to_json(ARRAY[{cells}]) AS text) AS cells FROM {only}{name}"  # noqa: S608  # as above


def _has_heirs(table: Table, catalog: Catalog) -> bool:
    return any(table.display in other.inherits for other in catalog.tables)


def _cells(texts: Sequence[str], product: Product) -> list[Cells]:
    """Return the rows of a table, each given as JSON; all are read as one text."""
    rows = json.loads(f"[{','.join(texts)}]")
    if product.name == "postgresql":
        return [tuple(row) for row in rows]
    return [tuple(None if cell == "NULL" else cell for part in row for cell in part) for row in rows]


def _set(settings: Mapping[str, str]) -> str:
    calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    return f"SELECT {calls}"


_SETTLED = {"postgresql": _set(_SETTINGS)}
"""What shapes the text of values, by product."""
