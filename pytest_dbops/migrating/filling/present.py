"""Rows that are in the tables already: their keys, as literals, to be referred to and not to be used again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pytest_dbops.migrating.filling.conditions.nodes import Datum
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.product import PRODUCTS, Product
from pytest_dbops.migrating.filling.rows import Pool, Pools, Row
from pytest_dbops.migrating.filling.shapes import ColumnShape, TableName, TableShape
from pytest_dbops.migrating.filling.values import NULL, Value

_MOST = 200
"""Rows of one table that are looked at; a table that holds more was not filled by this tool."""
_FEW = 8
"""Tables that are not asked first whether they have rows: a walk mostly reads one and those it refers to."""
_KEPT_VALUES = 10_000
"""A walk reads the rows of a table again for each revision that changes it, or one that refers to it."""


def read_present(ground: Ground, pools: Pools, product: Product) -> dict[TableName, int]:
    """Put the rows that are there into their pools; return how many there are of each table that has any.

    Cost: one statement for all tables, if they are more than a few, and one for each that has rows, in two round trips
    where the driver can, or one.
    """
    shapes = [pool.shape for pool in pools.values()]
    found: dict[TableName, int] = {}
    filled = shapes if len(shapes) <= _FEW else _filled(ground, shapes, product)
    for shape, rows in zip(filled, ground.query_all(*(_select(each, product) for each in filled)), strict=True):
        pool = pools[shape.key]
        for row in rows:
            pool.add(_row(shape, row, product))
        if rows:
            found[shape.key] = len(rows)
    return found


def _filled(ground: Ground, shapes: Sequence[TableShape], product: Product) -> list[TableShape]:
    found: list[TableShape] = []
    for start in range(0, len(shapes), 200):
        some = shapes[start : start + 200]
        terms = [
            f"SELECT {n} WHERE EXISTS (SELECT 1 FROM {product.table(shape.schema, shape.name)})"  # noqa: S608  # quoted
            for n, shape in enumerate(some)
        ]
        found += [some[int(number)] for (number,) in ground.query(" UNION ALL ".join(terms))]
    return found


def _select(shape: TableShape, product: Product) -> str:
    columns = ", ".join(_read(product, column) for column in shape.columns)
    return f"SELECT {columns} FROM {product.table(shape.schema, shape.name)} LIMIT {_MOST}"  # noqa: S608  # quoted


def _read(product: Product, column: ColumnShape) -> str:
    name = product.quote_name(column.name)
    return f"CAST({name} AS text)" if product.name == "postgresql" else f"quote({name})"


def _row(shape: TableShape, row: Sequence[Any], product: Product) -> Row:
    return {
        column.name: _value(column, text, product) for column, text in zip(shape.columns, row, strict=True)
    }  # fmt: skip


def _value(column: ColumnShape, text: str | None, product: Product) -> Value:
    if text is None or (product.name == "sqlite" and text == "NULL"):
        return NULL
    return _read_value(column.family.of if column.family is not None else None, text, product.name)


@lru_cache(maxsize=_KEPT_VALUES)
def _read_value(of: Callable[[Datum], Value | None] | None, text: str, product: str) -> Value:
    if product == "sqlite":
        literal, plain = text, text[1:-1].replace("''", "'") if text.startswith("'") else text
    else:
        literal, plain = PRODUCTS[product].write(text), text
    known = of(plain) if of is not None else None
    return Value(literal, known.datum if known is not None else plain, plain)


__all__ = ["Pool", "read_present"]
