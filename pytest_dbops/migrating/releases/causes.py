"""Why a statement that ran on the old schema is refused by the new one: told from the two catalogs."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog, Column, Table
from pytest_dbops.core.rehearsed import Breakage
from pytest_dbops.migrating.releases.statements import DUPLICATE, ReleaseStatement

Cause = tuple[Breakage, str]
"""What broke, and the column it is about; empty for the whole table."""


def cause_of(statement: ReleaseStatement, message: str, before: Catalog, after: Catalog) -> Cause:
    """Return the likeliest cause: the first change that the server's message names, else the first there is."""
    if not after.has_table(*statement.table):
        return Breakage.TABLE_MISSING, ""
    causes = list(_changes(before.table(*statement.table), after.table(*statement.table), statement))
    if statement.verb == DUPLICATE:
        causes.sort(key=lambda cause: cause[0] is not Breakage.RULE_ADDED)
    named = [cause for cause in causes if cause[1] and cause[1] in message]
    return next(iter([*named, *causes]), (Breakage.REFUSED, statement.column))


def _changes(old: Table, new: Table, statement: ReleaseStatement) -> Iterator[Cause]:
    is_about = _columns_of(old, statement)
    for column in is_about:
        if not new.has_column(column.name):
            yield Breakage.COLUMN_MISSING, column.name
    if statement.verb.startswith("INSERT"):
        for column in new.columns:
            if not old.has_column(column.name) and _needs_value(column):
                yield Breakage.VALUE_REQUIRED, column.name
    for column in is_about:
        if new.has_column(column.name):
            yield from _column_changes(column, new.column(column.name))
    yield from _rules(old, new)


def _columns_of(table: Table, statement: ReleaseStatement) -> list[Column]:
    """Return the columns a statement is about: of an UPDATE the one it sets, then those it finds the row by."""
    if not statement.column:
        return list(table.columns)
    key = table.primary_key.columns if table.primary_key is not None else ()
    return [table.column(name) for name in (statement.column, *key)]


def _column_changes(old: Column, new: Column) -> Iterator[Cause]:
    if old.type != new.type:
        yield Breakage.TYPE_CHANGED, old.name
    if (new.generated and not old.generated) or (new.identity == "always" and old.identity != "always"):
        yield Breakage.TYPE_CHANGED, old.name
    if _needs_value(new) and not _needs_value(old):
        yield Breakage.VALUE_REQUIRED, old.name


def _needs_value(column: Column) -> bool:
    return column.not_null and column.default is None and not column.identity and not column.generated


def _rules(old: Table, new: Table) -> Iterator[Cause]:
    """Yield the checks, keys and references that are new, each with its only column."""
    known = {check.expression for check in old.check_constraints}
    for check in new.check_constraints:
        if check.expression not in known:
            yield Breakage.RULE_ADDED, check.columns[0] if len(check.columns) == 1 else ""
    keys = {key.columns for key in old.foreign_keys}
    for key in new.foreign_keys:
        if key.columns not in keys:
            yield Breakage.RULE_ADDED, key.columns[0] if len(key.columns) == 1 else ""
    uniques = {index.columns for index in old.indexes if index.is_unique}
    for index in new.indexes:
        if index.is_unique and index.columns not in uniques:
            yield Breakage.RULE_ADDED, (index.columns[0] or "") if len(index.columns) == 1 else ""
    triggers = {trigger.definition for trigger in old.triggers}
    if any(trigger.definition not in triggers for trigger in new.triggers):
        yield Breakage.TRIGGER_ADDED, ""
