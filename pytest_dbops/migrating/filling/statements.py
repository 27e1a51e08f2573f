"""The SQL that puts rows into tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.migrating.filling.plan import FillPlan
from pytest_dbops.migrating.filling.product import Product, product_of
from pytest_dbops.migrating.filling.rows import PlannedRow, Row, Update
from pytest_dbops.migrating.filling.shapes import TableShape
from pytest_dbops.migrating.filling.values import OMITTED


def plan_statements(plan: FillPlan, catalog: Catalog) -> list[str]:
    """Return all statements of a plan, in order; for people and for comparing plans."""
    product, found = product_of(catalog), []
    for group in plan.groups:
        for table in group:
            found += [text for text, _ in insert_statements(table.shape, values_of(table.rows), product)]
        found += [update(table.shape, change, product) for table in group for change in table.updates]
    return found


def insert_statements(shape: TableShape, rows: Sequence[Row], product: Product) -> list[tuple[str, int]]:
    """Return as few statements as the product can do with, in order, each with how many rows it inserts."""
    if product.has_default_keyword and all(_named(row) for row in rows):
        return [(insert(shape, rows, product), len(rows))] if rows else []
    groups = [list(group) for _, group in groupby(rows, key=lambda row: tuple(_named(row)))]
    return [(insert(shape, group, product), len(group)) for group in groups if _named(group[0])] + [
        (insert(shape, [row], product), 1) for group in groups if not _named(group[0]) for row in group
    ]  # fmt: skip


def insert(shape: TableShape, rows: Sequence[Row], product: Product) -> str:
    """Return one INSERT; rows of several must leave out the same columns unless VALUES may say DEFAULT."""
    into = "INSERT INTO " + product.table(shape.schema, shape.name)
    named = [column.name for column in shape.columns if any(row[column.name] is not OMITTED for row in rows)]
    if not named:
        return into + " DEFAULT VALUES"
    columns = ", ".join(map(product.quote_name, named))
    overriding = " OVERRIDING SYSTEM VALUE" if shape.is_overriding else ""
    values = ", ".join("(" + ", ".join(row[name].literal for name in named) + ")" for row in rows)
    return f"{into} ({columns}){overriding} VALUES {values}"


def insert_together(parts: Sequence[tuple[TableShape, Sequence[Row]]], product: Product) -> str:
    """Return one statement that inserts into several tables, so that references are judged when all rows are in.

    PostgreSQL's alone: data-modifying WITH (manual, 7.8.4).
    """
    inserts = [f"filled_{n} AS ({insert(shape, rows, product)})" for n, (shape, rows) in enumerate(parts)]
    return "WITH " + ", ".join(inserts) + " SELECT 1"


def update(shape: TableShape, change: Update, product: Product) -> str:
    """Return the UPDATE of one row, found by its key, or by all it has where it has none."""
    settings = ", ".join(f"{product.quote_name(name)} = {value.literal}" for name, value in change.values.items())
    found = " AND ".join(
        f"{product.quote_name(name)} = {change.row[name].literal}" for name in _identifying(shape, change.row)
    )
    return f"UPDATE {product.table(shape.schema, shape.name)} SET {settings} WHERE {found}"  # noqa: S608  # quoted


def _identifying(shape: TableShape, row: Row) -> list[str]:
    keys = [rule.names for rule in shape.uniques if rule.names]
    for names in keys:
        if all(row[name] is not OMITTED and row[name].datum is not None for name in names):
            return list(names)
    return [name for name, value in row.items() if value is not OMITTED and value.datum is not None]


def _named(row: Row) -> list[str]:
    return [name for name, value in row.items() if value is not OMITTED]


def values_of(rows: Sequence[PlannedRow]) -> list[Row]:
    """Return the values of planned rows."""
    return [planned.values for planned in rows]
