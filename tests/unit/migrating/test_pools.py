"""What is known of the rows of a table while more are planned."""

from __future__ import annotations

from pytest_dbops.core.catalog import Catalog, Column, KeyConstraint, Table
from pytest_dbops.migrating.filling.rows import Pool, datums_of
from pytest_dbops.migrating.filling.shaping import shapes_of
from pytest_dbops.migrating.filling.values import Value

TABLE = Table(
    "main", "note", (Column("id", 1, "INTEGER", True), Column("text", 2, "TEXT", False)), KeyConstraint("", ("id",))
)
ROW = {"id": Value("7", 7, "7"), "text": Value("'x'", "x", "x")}


def pool_of(table: Table) -> Pool:
    """Return an empty pool of a table of SQLite."""
    (shape,), _ = shapes_of(Catalog("sqlite", 3_045_000, tables=(table,)))
    return Pool(shape)


def test_copied_pool_has_the_same_rows_and_takes_more_without_the_first() -> None:
    pool = pool_of(TABLE)
    copy = pool.copy()

    copy.add(ROW)

    datums = datums_of(ROW, pool.shape)
    assert (pool.rows, copy.rows, copy.copy().rows) == ([], [ROW], [ROW])
    assert (pool.takes(0, ROW, datums), copy.takes(0, ROW, datums), copy.copy().takes(0, ROW, datums)) == (
        True, False, False,
    )  # fmt: skip
    assert copy.parts is pool.parts
