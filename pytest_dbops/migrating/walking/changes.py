"""Tell what rows may have changed, so that a walk reads only those again and not all rows of all tables.

A product counts the rows that statements have changed; what changes rows without being counted changes the schema, or
is seen by other marks. Where any of it is in doubt, all rows are read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.migrating.filling.ground import Ground
from pytest_dbops.migrating.filling.shapes import TableName
from pytest_dbops.migrating.losses import Contents, read_contents

# `total_changes` counts rows of this connection, those of triggers and foreign keys included; `data_version` is
# another one once another connection has committed (SQLite, "C/C++ Interface" and "PRAGMA Statements").
_SQLITE = "SELECT total_changes(), (SELECT data_version FROM pragma_data_version)"
# Rows changed in this transaction, of which a table that is dropped takes its number along; TRUNCATE is not among them,
# but gives a table another file, and a new table is told by its own number. Any other transaction, also of another
# connection, takes the next transaction number (PostgreSQL manual, 28.2.2 and 9.27.9).
# The counters are those of pg_stat_xact_user_tables, without what that view costs to plan.
_POSTGRESQL = """
SELECT pg_catalog.pg_current_xact_id()::text,
       pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text,
       concat(sum(changed), ' ', sum(changed * (oid % 1009))),
       concat(sum(file), ' ', sum(file * (oid % 1009)))
  FROM (
    SELECT c.oid::int8,
           pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
             + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS changed,
           CASE WHEN c.relkind <> 'p' AND c.relfilenode <> c.oid THEN c.relfilenode::int8 END AS file
      FROM pg_catalog.pg_class c
     WHERE c.oid >= 16384
       AND c.relkind IN ('r', 'm', 'p')
  ) counted
"""
MARKS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


@dataclass(slots=True)
class Changes:
    """Whether rows may have been changed by statements of the project since it was last set back."""

    may_be: bool = True

    def noting(self, mark: Callable[[], Sequence[Any] | None], function: Callable[[], object]) -> None:
        """Run a function and note whether a mark of the rows is another one after it; what it raises passes through."""
        before = mark()
        try:
            function()
        except BaseException:
            self.may_be = True
            raise
        self.may_be |= before is None or mark() != before


def stale_tables(before: Catalog, after: Catalog) -> frozenset[TableName] | None:
    """Return the tables of after whose rows a change of the schema may have changed; None where that may be any.

    Rows of a table that another one refers to may go with it, and take others along.
    """
    if before is after:
        return frozenset()
    if before.types != after.types or before.routines != after.routines or before.extensions != after.extensions:
        return None
    if len(before.tables) == len(after.tables):
        pairs = zip(before.tables, after.tables, strict=True)
        odd = [each for old, new in pairs if old is not new for each in (old, new)]
    else:
        odd = [*before.tables, *after.tables]
    changed = [each for each in odd if _other(before, each) or _other(after, each)]
    if any(each.is_partition or each.inherits or each.row_security for each in changed):
        return None
    names = {_name(each) for each in changed}
    gone = {name for name in names if not after.has_table(*name)}
    if gone:
        names |= {_name(each) for each in (*before.tables, *after.tables) if _refers_to(each, gone)}
    return frozenset(names)


def union_of(*some: frozenset[TableName] | None) -> frozenset[TableName] | None:
    """Return all of them; None, which stands for any table, as soon as one is None."""
    found: frozenset[TableName] = frozenset()
    for each in some:
        if each is None:
            return None
        found |= each
    return found


def read_some(ground: Ground, catalog: Catalog, known: Contents, stale: Collection[TableName]) -> Contents:
    """Return the rows of all tables, read where they are stale, and else the same object that is known.

    Where policies may hide rows all are read, since what is hidden is known only together.
    """
    if known.hidden or any(table.row_security for table in catalog.tables):
        return read_contents(ground, catalog)
    fresh = read_contents(ground, catalog, tables=stale) if stale else Contents({})
    unread = [table for table in catalog.tables if _name(table) not in stale]
    kept: Mapping[TableName, Any] = {
        _name(each): known.tables[_name(each)] for each in unread if _name(each) in known.tables
    }
    return Contents({**kept, **fresh.tables})


def _other(catalog: Catalog, table: Table) -> bool:
    if not catalog.has_table(*_name(table)):
        return True
    there = catalog.table(*_name(table))
    return there is not table and there != table


def _refers_to(table: Table, names: Collection[TableName]) -> bool:
    return any((key.target_schema, key.target_table) in names for key in table.foreign_keys)


def _name(table: Table) -> TableName:
    return table.schema, table.name
