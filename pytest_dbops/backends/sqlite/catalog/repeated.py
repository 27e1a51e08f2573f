"""Read a SQLite schema again and again, asking and building only what is not as it was.

All there is to a table follows from its own text and those of its indexes and triggers, and from the tables it refers
to: SQLite keeps nothing else of it. So one look at those texts tells which tables have to be asked for, and of a table
whose own text is as it was only the indexes are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from pytest_dbops.backends.sqlite.catalog.asking import PARTS, ask, ask_for_indexes
from pytest_dbops.backends.sqlite.catalog.read import Queryable, Rows, as_tuples, build_catalog, read_catalog
from pytest_dbops.core.catalog import Catalog, Table

# The database itself, in the columns of its objects: `statements.DATABASE` and the objects' texts in one. They are
# put in order here, which costs less than to have the server do it.
_LISTED = """
SELECT 1, s.type, s.name, s.tbl_name, s.sql
FROM main.sqlite_schema s
UNION ALL
SELECT 0, sqlite_version(), (SELECT encoding FROM pragma_encoding),
  (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version)
"""
_PLACE = itemgetter(0, 1, 2)
_KEPT = 3
"""States of one table: before a revision, after it, and one more."""

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

    _built: list[tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], Catalog]] = field(default_factory=list)
    """What was listed, as it came and in order, and what was made of it."""
    _states: dict[str, list[_State]] = field(default_factory=dict)

    def read(self, session: Queryable) -> Catalog:
        """Return what `read_catalog` returns."""
        read = as_tuples(session.query(_LISTED))
        for known, _, catalog in self._built:
            if known == read:
                return catalog
        in_order = sorted(read, key=_PLACE)
        for _, known, catalog in self._built:
            if known == in_order:
                return catalog
        (_, *database), *listed = in_order
        rows = tuple(row[1:] for row in listed)
        if any(_is_virtual(row) for row in rows):
            return read_catalog(session)  # its shadow tables are known only together
        catalog = self._build(session, rows, tuple(database))
        self._built = [(read, in_order, catalog), *self._built[:1]]
        return catalog

    def _build(self, session: Queryable, listed: Listing, database: tuple[Any, ...]) -> Catalog:
        listings = _by_table(listed)
        texts = {row[1]: row[3] for row in listed if row[0] == "table"}
        names = {name: name.casefold() for name in texts}
        valid = {name: self._valid(folded, listings) for name, folded in names.items()}
        fresh = [name for name, state in valid.items() if state is None]
        alike = {name: like for name in fresh if (like := self._alike(names[name], listings)) is not None}
        asked = _ask(session, {name: texts[name] for name in fresh}, alike, len(names))
        known = {name: state for name, state in valid.items() if state is not None}
        made = {part: [row for name in fresh for row in asked[name][part]] for part in PARTS}
        catalog = build_catalog(
            {
                **made, "database": [database], "objects": _objects(listed, made["objects"], known),
                "columns": made["columns"] + _columns_of_targets(made["foreign_keys"], known),
            },
            {name: state.table for name, state in known.items() if state.table},
            {name: state.table for name, state in alike.items() if state.table},
        )  # fmt: skip
        for name in fresh:
            self._keep(name, asked[name], listings, catalog)
        return catalog

    def _valid(self, folded: str, listings: Mapping[str, Listing]) -> _State | None:
        for state in self._states.get(folded, ()):
            if state.listing == listings[folded] and _has_targets(state, listings):
                return state
        return None

    def _alike(self, folded: str, listings: Mapping[str, Listing]) -> _State | None:
        """Return a state of a table that differs in indexes and triggers alone."""
        own = _own_row(listings[folded])
        for state in self._states.get(folded, ()):
            if state.table is not None and _own_row(state.listing) == own and _has_targets(state, listings):
                return state
        return None

    def _keep(self, name: str, rows: Rows, listings: Mapping[str, Listing], catalog: Catalog) -> None:
        folded = name.casefold()
        targets = {str(row[3]).casefold() for row in rows["foreign_keys"]} - {folded}
        table = catalog.table("main", name) if catalog.has_table("main", name) else None
        state = _State(listings[folded], {each: listings.get(each) for each in targets}, rows, table)
        self._states[folded] = [state, *self._states.get(folded, [])[: _KEPT - 1]]


def _ask(
    session: Queryable, texts: Mapping[str, str], alike: Mapping[str, _State], of: int
) -> dict[str, Mapping[str, Sequence[Sequence[Any]]]]:
    """Return all that is listed of each table, of which only the indexes are asked for where it is like a state."""
    indexes = ask_for_indexes(session, list(alike))
    known = {name: {**state.rows, "indexes": indexes[name]} for name, state in alike.items()}
    return known | ask(session, {name: text for name, text in texts.items() if name not in alike}, of=of)


def _has_targets(state: _State, listings: Mapping[str, Listing]) -> bool:
    return not state.targets or all(listings.get(name) == listing for name, listing in state.targets.items())


def _own_row(listing: Listing) -> tuple[Any, ...]:
    return next(row for row in listing if row[0] == "table")


def _objects(listed: Listing, tables: Iterable[Sequence[Any]], known: Mapping[str, _State]) -> list[Sequence[Any]]:
    """Return all objects as the whole would list them: tables that were just asked for, known ones, all others."""
    rows = [*tables, *(row for state in known.values() for row in state.rows["objects"])]
    rows += [(*row, None, None, None) for row in listed if row[0] != "table"]
    return sorted(rows, key=itemgetter(0, 1))


def _columns_of_targets(foreign_keys: Iterable[Sequence[Any]], known: Mapping[str, _State]) -> list[Sequence[Any]]:
    """Return the columns of known tables that foreign keys of others refer to."""
    targets = {str(row[3]).casefold() for row in foreign_keys}
    return [row for name, state in known.items() if name.casefold() in targets for row in state.rows["columns"]]


def _by_table(listed: Listing) -> dict[str, Listing]:
    """Return all that is listed of each table, by its folded name."""
    groups: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in listed:
        groups[row[2].casefold()].append(row)
    return {name: tuple(rows) for name, rows in groups.items()}


def _is_virtual(row: Sequence[Any]) -> bool:
    return row[0] == "table" and str(row[3] or "").upper().startswith("CREATE VIRTUAL")
