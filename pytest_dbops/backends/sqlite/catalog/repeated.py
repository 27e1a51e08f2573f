"""Read a SQLite schema again and again, asking and building only what is not as it was.

All there is to a table follows from its own text and those of its indexes and triggers, and from the tables it refers
to: SQLite keeps nothing else of it. So one look at those texts tells which tables have to be asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_dbops.backends.sqlite.catalog.read import Queryable, Rows, as_tuples, build_catalog, read_catalog
from pytest_dbops.backends.sqlite.catalog.statements import DATABASE, OF_TABLES, STATEMENTS
from pytest_dbops.core.catalog import Catalog, Table

_LISTED = """
SELECT s.type, s.name, s.tbl_name, s.sql
FROM main.sqlite_schema s
ORDER BY s.type, s.name
"""
_KEPT = 3
"""States of one table: before a revision, after it, and one more."""
_MANY = 40
"""More tables than these are asked for together with all others."""

Listing = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class _State:
    """One table as it was read.

    listing: the texts it was made of; targets: those of the tables it refers to, by folded name.
    rows: what the server lists of it, by statement, its row among the objects included.
    """

    listing: Listing
    targets: Mapping[str, Listing | None]
    rows: Rows
    table: Table | None


@dataclass(slots=True)
class RepeatedReader:
    """Reads the catalog of one file; what stays the same is the same object in one catalog and the next."""

    _built: list[tuple[Listing, Listing, Catalog]] = field(default_factory=list)
    _states: dict[str, list[_State]] = field(default_factory=dict)

    def read(self, session: Queryable) -> Catalog:
        """Return what `read_catalog` returns."""
        listed = tuple(as_tuples(session.query(_LISTED)))
        if any(_is_virtual(row) for row in listed):
            return read_catalog(session)  # its shadow tables are known only together
        database = tuple(as_tuples(session.query(DATABASE)))
        for known_listed, known_database, catalog in self._built:
            if known_listed == listed and known_database == database:
                return catalog
        catalog = self._build(session, listed, database)
        self._built = [(listed, database, catalog), *self._built[:1]]
        return catalog

    def _build(self, session: Queryable, listed: Listing, database: Listing) -> Catalog:
        listings = _by_table(listed)
        names = {row[1]: row[1].casefold() for row in listed if row[0] == "table"}
        valid = {name: self._valid(folded, listings) for name, folded in names.items()}
        fresh = [name for name, state in valid.items() if state is None]
        asked = _ask(session, fresh, len(names))
        rows: dict[str, list[Sequence[Any]]] = {"database": list(database), **{name: [] for name in _GROUPED}}
        rows["objects"] += [(*row, None, None, None) for row in listed if row[0] != "table"]
        for name, state in valid.items():
            for statement in _GROUPED:
                rows[statement] += state.rows[statement] if state is not None else asked[statement].get(name, ())
        rows["objects"].sort(key=lambda row: (row[0], row[1]))
        catalog = build_catalog(rows, {name: s.table for name, s in valid.items() if s is not None and s.table})
        for name in fresh:
            self._keep(name, {statement: asked[statement].get(name, []) for statement in _GROUPED}, listings, catalog)
        return catalog

    def _valid(self, folded: str, listings: Mapping[str, Listing]) -> _State | None:
        for state in self._states.get(folded, ()):
            if state.listing == listings[folded] and all(
                listings.get(name) == listing for name, listing in state.targets.items()
            ):
                return state
        return None

    def _keep(self, name: str, rows: Rows, listings: Mapping[str, Listing], catalog: Catalog) -> None:
        folded = name.casefold()
        targets = {str(row[3]).casefold() for row in rows["foreign_keys"]} - {folded}
        table = catalog.table("main", name) if catalog.has_table("main", name) else None
        state = _State(listings[folded], {each: listings.get(each) for each in targets}, rows, table)
        self._states[folded] = [state, *self._states.get(folded, [])[: _KEPT - 1]]


_GROUPED = ("objects", "columns", "indexes", "foreign_keys")
_NAME_OF = {"objects": 1, "columns": 0, "indexes": 0, "foreign_keys": 0}


def _ask(session: Queryable, names: Sequence[str], of: int) -> dict[str, dict[str, list[Sequence[Any]]]]:
    """Return the rows of these tables by statement and table; asks nothing where there are none."""
    found: dict[str, dict[str, list[Sequence[Any]]]] = {}
    for statement in _GROUPED:
        by_name: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
        if names:
            for row in as_tuples(session.query(_statement(statement, names, of))):
                if statement != "objects" or row[0] == "table":
                    by_name[row[_NAME_OF[statement]]].append(row)
        found[statement] = by_name
    return found


def _statement(statement: str, names: Sequence[str], of: int) -> str:
    if len(names) > min(_MANY, of // 2):
        return STATEMENTS[statement]
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
    return OF_TABLES[statement].replace(":names", quoted)


def _by_table(listed: Listing) -> dict[str, Listing]:
    """Return all that is listed of each table, by its folded name."""
    groups: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in listed:
        groups[row[2].casefold()].append(row)
    return {name: tuple(rows) for name, rows in groups.items()}


def _is_virtual(row: Sequence[Any]) -> bool:
    return row[0] == "table" and str(row[3] or "").upper().startswith("CREATE VIRTUAL")
