"""SCH005."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._statements import alter_table
from pytest_dbops.checks.schema._types import Shape, shape_of
from pytest_dbops.core.catalog import Catalog, Column, ForeignKey, Table, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check("SCH005", category="schema", severity=Severity.WARNING)
def foreign_key_of_other_type(catalog: Catalog) -> Iterator[Finding]:
    """A foreign key's column has another type than the column it refers to.

    A narrower column cannot hold every key of its parent: an integer that refers to a bigint fails on the first
    key past 2 147 483 647. Columns of unlike types are compared by a cast, for which an index may be of no use;
    on SQLite one value is stored in two forms. A wider column of the same kind harms nothing and is a note. A
    domain counts as what it is made of; varchar and text are alike as long as the parent's keys fit.

    Give the column the type of its parent.
    """
    for table in designed_tables(catalog):
        for foreign_key in table.foreign_keys:
            yield from _findings(catalog, table, foreign_key)


def _findings(catalog: Catalog, table: Table, foreign_key: ForeignKey) -> Iterator[Finding]:
    for column, parent in _pairs(catalog, table, foreign_key):
        shape, wanted = shape_of(catalog, column), shape_of(catalog, parent)
        severity = _severity(shape, wanted)
        if severity is not None:
            yield Finding(
                column_display(table, column.name),
                f"column {column_display(table, column.name)!r} is {shape.spelling}, "
                f"but refers to {foreign_key.target}.{parent.name}, which is {wanted.spelling}",
                hint=_hint(catalog, table, column, parent),
                identity=f"{foreign_key.target}.{parent.name}",
                severity=severity,
            )


def _pairs(catalog: Catalog, table: Table, foreign_key: ForeignKey) -> Iterator[tuple[Column, Column]]:
    """Yield each referring column with the one it refers to; a parent that is not there is SCH009's matter."""
    if not catalog.has_table(foreign_key.target_schema, foreign_key.target_table):
        return
    target = catalog.table(foreign_key.target_schema, foreign_key.target_table)
    for name, target_name in zip(foreign_key.columns, foreign_key.target_columns, strict=False):
        if table.has_column(name) and target.has_column(target_name):
            yield table.column(name), target.column(target_name)


def _severity(shape: Shape, wanted: Shape) -> Severity | None:
    if shape.family != wanted.family or shape.size < wanted.size:
        return Severity.WARNING
    is_longer_text = shape.family == "text"
    return None if shape.size == wanted.size or is_longer_text else Severity.INFO


def _hint(catalog: Catalog, table: Table, column: Column, parent: Column) -> str:
    name = quote_identifier(column.name)
    if catalog.dialect == "sqlite":
        return alter_table(catalog, table, f"{name} {parent.type}")
    return alter_table(catalog, table, f"ALTER COLUMN {name} TYPE {parent.type} USING {name}::{parent.type}")
