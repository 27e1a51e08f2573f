"""SCH011."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._statements import add_constraint, alter_table
from pytest_dbops.core.catalog import Catalog, ForeignKey, Table, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check("SCH011", category="schema", severity=Severity.WARNING)
def foreign_key_rule_undecided(catalog: Catalog) -> Iterator[Finding]:
    """A foreign key leaves open what a partly empty key, or the end of a parent row, means.

    Of a key over several columns that may be NULL one by one, a row with one NULL is not checked at all: the
    other columns may hold anything. A key of which only the column that names the parent may be NULL is fine.
    A table that refers to itself by NO ACTION, the default, keeps any row with children from being deleted;
    that is a note, since it may well be meant.

    Say MATCH FULL, or add a CHECK that the columns are NULL together; say ON DELETE RESTRICT, CASCADE or SET NULL.
    """
    for table in designed_tables(catalog):
        for key in table.foreign_keys:
            open_columns = _open_columns(table, key)
            if open_columns and not _is_all_or_nothing(table, open_columns):
                yield _partly_empty(catalog, table, key, open_columns)
            if (key.target_schema, key.target_table) == (table.schema, table.name) and key.on_delete == "NO ACTION":
                yield _self_reference(catalog, table, key)


def _open_columns(table: Table, key: ForeignKey) -> tuple[str, ...]:
    """Return the nullable columns that let a partly filled key escape the check, none if nothing escapes."""
    if len(key.columns) < 2 or (key.match == "FULL" and table.columns):
        return ()
    primary = set(table.primary_key.columns) if table.primary_key else set()
    nullable = tuple(name for name in key.columns if name not in primary and not table.column(name).not_null)
    if len(nullable) > 1:
        return nullable
    shared = {name for other in table.foreign_keys if other is not key for name in other.columns}
    return tuple(name for name in nullable if name in shared and len(shared & set(key.columns)) < len(key.columns))


def _is_all_or_nothing(table: Table, columns: tuple[str, ...]) -> bool:
    """Tell whether a CHECK speaks of NULL in all these columns; it is taken to know what it does."""
    return any(
        re.search(r"\bnull|coalesce", check_.expression, re.IGNORECASE)
        and all(re.search(rf"\b{re.escape(name)}\b", check_.expression) for name in columns)
        for check_ in table.check_constraints
    )


def _partly_empty(catalog: Catalog, table: Table, key: ForeignKey, columns: tuple[str, ...]) -> Finding:
    subject = column_display(table, *key.columns)
    return Finding(
        subject,
        f"foreign key {subject!r} to {key.target!r} is not checked for a row in which "
        f"{' or '.join(map(repr, columns))} is NULL and the rest is not",
        hint=_together(catalog, table, key),
        identity=key.target,
    )


def _together(catalog: Catalog, table: Table, key: ForeignKey) -> str:
    nullable = [name for name in key.columns if not table.column(name).not_null]
    if len(nullable) == 1:
        return alter_table(catalog, table, f"ALTER COLUMN {quote_identifier(nullable[0])} SET NOT NULL")
    first, *others = (f"{quote_identifier(name)} IS NULL" for name in nullable)
    return add_constraint(catalog, table, f"CHECK ({' AND '.join(f'({first}) = ({other})' for other in others)})")


def _self_reference(catalog: Catalog, table: Table, key: ForeignKey) -> Finding:
    subject = column_display(table, *key.columns)
    return Finding(
        subject,
        f"{subject!r} refers to its own table by NO ACTION: a row with children cannot be deleted",
        hint="decide: ON DELETE RESTRICT says so on purpose, CASCADE deletes the children, SET NULL frees them",
        identity="self reference",
        severity=Severity.INFO,
    )
