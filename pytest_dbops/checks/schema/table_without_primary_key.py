"""SCH003."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import designed_tables
from pytest_dbops.checks.schema._statements import add_constraint, alter_table, quoted_list
from pytest_dbops.core.catalog import Catalog, Index, Table, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check("SCH003", category="schema", severity=Severity.ERROR)
def table_without_primary_key(catalog: Catalog) -> Iterator[Finding]:
    """A table has no primary key.

    Its rows cannot be told apart: a doubled row cannot be removed alone, nothing can refer to a row, logical
    replication refuses UPDATE and DELETE, and tools that copy, compare or anonymise rows have nothing to go by.
    A unique index over NOT NULL columns is a key in all but name and only a warning.

    Declare the columns that identify a row as the primary key, or add an identity column.
    """
    for table in designed_tables(catalog):
        if table.primary_key is not None or not table.columns:
            continue
        key = _key_in_all_but_name(table)
        if key is None:
            yield Finding(table.display, f"table {table.display!r} has no primary key", hint=_new_key(catalog, table))
        else:
            yield Finding(
                table.display,
                f"table {table.display!r} has no primary key; unique index {key.name!r} could be it",
                hint=_promoted_key(catalog, table, key),
                severity=Severity.WARNING,
            )


def _key_in_all_but_name(table: Table) -> Index | None:
    not_null = {column.name for column in table.columns if column.not_null}
    candidates = (
        index
        for index in table.indexes
        if index.is_unique and index.is_usable and index.is_immediate and not index.is_partial
        and not index.nulls_not_distinct and not_null.issuperset(index.columns)
    )  # fmt: skip
    return min(candidates, key=lambda index: (len(index.keys), index.name), default=None)


def _new_key(catalog: Catalog, table: Table) -> str:
    if table.partition_key is not None:
        return f"ALTER TABLE {table.quoted} ADD PRIMARY KEY (<columns, those of {table.partition_key} among them>);"
    if table.has_column("id"):
        return add_constraint(catalog, table, "PRIMARY KEY (id)")
    if catalog.dialect == "sqlite":
        return alter_table(catalog, table, "id INTEGER PRIMARY KEY")
    return alter_table(catalog, table, "ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")


def _promoted_key(catalog: Catalog, table: Table, key: Index) -> str:
    columns = quoted_list(column for column in key.columns if column is not None)
    if catalog.dialect == "sqlite" or key.constraint or key.include or table.partition_key is not None:
        return add_constraint(catalog, table, f"PRIMARY KEY ({columns})")
    return add_constraint(catalog, table, f"PRIMARY KEY USING INDEX {quote_identifier(key.name)}")
