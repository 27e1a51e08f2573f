"""What the guard of a connection knows of the schema behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pytest_dbops.backends.sqlite.catalog.create_other import view_definition
from pytest_dbops.backends.sqlite.catalog.tokens import tokenize
from pytest_dbops.core.tenancy import TenancyRules

COLUMNS = """
SELECT m.name, p.name, m.sql LIKE 'CREATE VIRTUAL %'
FROM main.sqlite_schema AS m
JOIN pragma_table_info(m.name) AS p
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
"""
VIEWS = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view'"


@dataclass(frozen=True, slots=True)
class GuardedTable:
    """A table of tenants; of a shared one, rows without a tenant are seen by all; a virtual one takes no triggers."""

    name: str
    column: str
    is_shared: bool = False
    is_virtual: bool = False


@dataclass(frozen=True, slots=True)
class GuardedView:
    """A view that reads tables of tenants: its query, and the list of its columns with parentheses, if it has one."""

    name: str
    columns: str
    query: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class GuardedSchema:
    """Tables and views by their names in lower case; views in an order in which each reads earlier ones only."""

    tables: Mapping[str, GuardedTable]
    views: Mapping[str, GuardedView]


def shape_guarded(
    columns: Iterable[tuple[str, str, int]], views: Iterable[tuple[str, str]], rules: TenancyRules
) -> GuardedSchema:
    """Return what is guarded, from the answers to `COLUMNS` and `VIEWS`."""
    has: dict[str, set[str]] = {}
    virtual: set[str] = set()
    for table, column, is_virtual in columns:
        has.setdefault(table, set()).add(column)
        virtual |= {table} if is_virtual else set()
    elsewhere, exempt = dict(rules.columns), dict(rules.exempt)
    tables = {
        name.lower(): GuardedTable(name, column, name in rules.shared, name in virtual)
        for name, columns_of in has.items()
        if name not in exempt and (column := elsewhere.get(name, rules.column)) in columns_of
    }
    return GuardedSchema(tables, dict(_reading(tables, views)))


def names_of(sql: str) -> frozenset[str]:
    """Return every name in a statement in lower case; a text may be one, too."""
    return frozenset(token.name.lower() for token in tokenize(sql) if token.is_name)


def _reading(tables: Mapping[str, GuardedTable], views: Iterable[tuple[str, str]]) -> Iterator[tuple[str, GuardedView]]:
    """Yield the views that read such a table, directly or through others, those first that others read."""
    left = {name.lower(): _view(name, sql) for name, sql in views}
    known = set(tables)
    while ready := [key for key, view in left.items() if view.names & known and not view.names & (left.keys() - {key})]:
        for key in ready:
            known.add(key)
            yield key, left.pop(key)
    # What is left reads no table of tenants, or waits for a view that reads none.
    for key, view in sorted(left.items(), key=lambda each: len(each[1].names & left.keys())):
        if view.names & known:
            known.add(key)
            yield key, view


def _view(name: str, sql: str) -> GuardedView:
    text = view_definition(sql)
    columns, query = "", text
    if text.startswith("("):
        columns, _, query = text.partition(" AS ")
    return GuardedView(name, columns, query, names_of(query))
