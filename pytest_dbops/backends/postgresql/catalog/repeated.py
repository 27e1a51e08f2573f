"""Read a PostgreSQL schema again and again, asking and building only what is not as it was.

Marks tell which rows of the server's catalogs are other ones than before. Where all of them belong to tables, views
and sequences, these are read again, and with them what the server words with their names: it follows from pg_depend.
Anything else (a name that is another one, a type, a routine, a role, partitions, ...) may show anywhere, so that
everything is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from operator import is_
from typing import Any, Protocol, TypeVar

from pytest_dbops.backends.postgresql.catalog.marks import COMMON, MARKS, Held, Marks, parse_marks
from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.backends.postgresql.catalog.objects import require_settings
from pytest_dbops.backends.postgresql.catalog.part_statements import PART_STATEMENTS
from pytest_dbops.backends.postgresql.catalog.read import (
    Whole,
    build_parts,
    garbage_collection_paused,
    read_catalog,
    read_whole,
)
from pytest_dbops.backends.postgresql.catalog.relations import Parts, Relation, build_tables, build_views
from pytest_dbops.backends.postgresql.catalog.sequences import build_sequences, names_of_sequences
from pytest_dbops.backends.postgresql.catalog.session_port import sends_together
from pytest_dbops.backends.postgresql.catalog.session_settings import RESTORE, SET
from pytest_dbops.backends.postgresql.catalog.session_statements import Preparing, SessionStatements
from pytest_dbops.backends.postgresql.catalog.versions import NEWEST_MAJOR, OLDEST_MAJOR
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.frozen import frozen

_TEXTS = {"set": SET, "restore": RESTORE, "marks": MARKS, **PART_STATEMENTS}
_KEPT = 3
"""States of the schema: before a revision, after it, and one more."""
_HELD_BY = {"constraints": Held.CONSTRAINTS, "indexes": Held.INDEXES, "table_parts": Held.PARTS}


class _Named(Protocol):
    @property
    def schema(self) -> str: ...

    @property
    def name(self) -> str: ...


_Object = TypeVar("_Object", bound=_Named)
_Value = TypeVar("_Value")


@frozen
class _State:
    """The schema as it was at one time."""

    marks: Marks
    whole: Whole


@dataclass(slots=True)
class RepeatedReader:
    """Reads the catalog of one database; what stays the same is the same object in one catalog and the next."""

    _states: list[_State] = field(default_factory=list)
    _statements: SessionStatements | None = None

    def read(self, session: Preparing) -> Catalog:
        """Return what `read_catalog` returns, in a transaction as that needs it.

        Cost: three statements where nothing changed, up to ten where tables, views or sequences did, in two and
        three round trips; all of them are prepared in the session, and nothing else is left there. One more of both
        where a session does not send several statements together, and is asked first what it holds.
        """
        is_presumed = self._may_presume(session)
        if not is_presumed:
            self._statements = SessionStatements.of(session, _TEXTS)
        statements = self._statements
        assert statements is not None
        if not OLDEST_MAJOR <= statements.major <= NEWEST_MAJOR:
            return read_catalog(session)
        asking = _Asking(statements, is_presumed)
        try:
            marks = asking.marks()
            whole = None if marks.held & Held.IS_UNKNOWN else self._from_known(asking, marks)
        except BaseException:
            with suppress(Exception):
                asking.restore()
            raise
        asking.restore()
        if whole is None:
            whole = read_whole(session)
        self._keep(_State(marks, whole))
        return whole.catalog

    def _may_presume(self, session: Preparing) -> bool:
        """Tell whether a session need not be asked what it holds."""
        known = self._statements
        return known is not None and known.session is session and sends_together(session)

    def _from_known(self, asking: _Asking, marks: Marks) -> Whole | None:
        """Return the schema, made of one that was read before and what is other now; None where all has to be read."""
        # Of two that are as near the older: the newer may have been rolled back, with numbers that are in use again.
        known = [(marks.changed_since(each.marks), each) for each in reversed(self._states)]
        near = [(changed, each) for changed, each in known if COMMON not in changed]
        if not near:
            return None
        changed, state = min(near, key=lambda each: len(each[0]))
        if not changed:
            return state.whole
        with garbage_collection_paused():
            whole = _updated(asking, state, marks, changed)
        if whole is None:
            return None
        return replace(whole, catalog=_shared(whole.catalog, [each.whole.catalog for _, each in near]))

    def _keep(self, state: _State) -> None:
        others = [each for each in self._states if each.marks != state.marks]
        self._states = [state, *others[: _KEPT - 1]]


@dataclass(slots=True)
class _Asking:
    """The statements of one read, and whether the session's own settings are back after them."""

    statements: SessionStatements
    is_presumed: bool
    _is_restored: bool = False

    def marks(self) -> Marks:
        """Set what shapes the answers, and return the marks."""
        ask = self.statements.query_presumed if self.is_presumed else self.statements.query_all
        ((text, held, search_path),) = ask({"set": None, "marks": None})["marks"]
        require_settings(search_path)
        return parse_marks(text, held)

    def dependents(self, oids: Collection[int]) -> set[int]:
        """Return the relations that are worded with the names of some, 0 among them where more is."""
        return {row[0] for row in self.statements.query("dependents", oids)} if oids else set()

    def last(self, asked: Mapping[str, Collection[int]]) -> dict[str, Iterable[Sequence[Any]]]:
        """Return the rows of statements by name, none where there are no oids, and put the settings back."""
        some = {name: oids for name, oids in asked.items() if oids}
        found = self.statements.query_all({**some, "restore": None})
        self._is_restored = True
        return {name: found.get(name, ()) for name in asked}

    def restore(self) -> None:
        """Put the settings back, where that was not done."""
        if not self._is_restored:
            self.statements.query("restore")


def _updated(asking: _Asking, state: _State, marks: Marks, changed: Collection[int]) -> Whole | None:
    """Return a schema with the relations that changed read again; None where more may be another than these."""
    old = state.whole
    # What depends on a relation that is new is new or changed itself.
    dependents = asking.dependents([oid for oid in changed if str(oid) in state.marks.relations])
    if 0 in dependents:
        return None
    affected = {*changed, *(dependents & old.names.relations.keys())}
    sequences = {oid for oid in affected if (marks.holds(oid) | state.marks.holds(oid)) & Held.IS_SEQUENCE}
    part = _read_part(asking, marks, old.names, affected - sequences, sequences)
    return None if _shows_elsewhere(old, part) else _replaced(old, part)


@frozen
class _Part:
    """What was read again, some of which may be gone; names: of all there is."""

    tables: Collection[int]
    sequences: Collection[int]
    names: Names
    relations: Sequence[Relation]
    parts: Parts
    sequence_rows: Sequence[Sequence[Any]]


def _read_part(
    asking: _Asking, marks: Marks, names: Names, tables: Collection[int], sequences: Collection[int]
) -> _Part:
    """Read some tables, views and sequences, asking only for that of which something is held."""
    asked = {"relations": tables, "columns": tables, "sequences": sequences}
    for name, held in _HELD_BY.items():
        asked[name] = [oid for oid in tables if marks.holds(oid) & held]
    rows = asking.last(asked)
    own = _names_without(names, tables)
    relations, parts = build_parts(rows, own)
    sequence_rows = list(rows["sequences"])
    return _Part(tables, sequences, own, relations, parts, sequence_rows)


def _names_without(names: Names, tables: Collection[int]) -> Names:
    """Return names of its own to a state, without those of some relations."""
    return replace(
        names,
        relations=_without(names.relations, tables),
        columns=_without(names.columns, tables),
        constraints=dict(names.constraints),
    )


def _shows_elsewhere(old: Whole, part: _Part) -> bool:
    """Tell whether something else may be another: by a name, or by what partitions and composite types show."""
    before = [old.relations[oid] for oid in part.tables if oid in old.relations]
    return (
        any(row.kind in "pc" or row.partition_bound is not None for row in (*part.relations, *before))
        or _renamed(old.names.relations, part.names.relations)
        or _renamed(old.names.constraints, part.names.constraints)
        or _renamed(old.sequences, names_of_sequences(part.sequence_rows, part.names))
        or any(_renamed(old.names.columns.get(row.oid, {}), part.names.columns[row.oid]) for row in part.relations)
    )


def _renamed(before: Mapping[int, object], now: Mapping[int, object]) -> bool:
    """Tell whether something that was there has another name; it may be worded anywhere."""
    return any(before.get(oid, name) != name for oid, name in now.items())


def _replaced(old: Whole, part: _Part) -> Whole:
    """Return a schema with what was read again in the place of what that was."""
    gone = {old.names.relations[oid] for oid in part.tables if oid in old.names.relations}
    gone_sequences = {old.sequences[oid] for oid in part.sequences if oid in old.sequences}
    catalog = replace(
        old.catalog,
        tables=_merged(old.catalog.tables, gone, build_tables(part.relations, part.parts, part.names)),
        views=_merged(old.catalog.views, gone, build_views(part.relations, part.parts, part.names)),
        sequences=_merged(old.catalog.sequences, gone_sequences, build_sequences(part.sequence_rows, part.names)),
    )
    return Whole(
        catalog,
        part.names,
        {**_without(old.relations, part.tables), **{row.oid: row for row in part.relations}},
        {**_without(old.sequences, part.sequences), **names_of_sequences(part.sequence_rows, part.names)},
    )


def _without(values: Mapping[int, _Value], oids: Collection[int]) -> dict[int, _Value]:
    return {oid: value for oid, value in values.items() if oid not in oids}


def _merged(
    before: Iterable[_Object], gone: Collection[tuple[str, str]], fresh: Iterable[_Object]
) -> tuple[_Object, ...]:
    kept = [each for each in before if _name(each) not in gone]
    return tuple(sorted([*kept, *fresh], key=_name))


def _name(named: _Named) -> tuple[str, str]:
    return named.schema, named.name


def _shared(catalog: Catalog, known: Iterable[Catalog]) -> Catalog:
    """Return the same schema, made of the tables of others where they are the same; or another if all of it is."""
    for other in known:
        catalog = replace(catalog, tables=tuple([_table_of(other, table) for table in catalog.tables]))
        if _are_same(catalog.tables, other.tables) and _are_same(catalog.views, other.views) and catalog == other:
            return other
    return catalog


def _table_of(catalog: Catalog, table: Table) -> Table:
    """Return the table of a catalog that is the same as another, estimates included; else that one."""
    if not catalog.has_table(table.schema, table.name):
        return table
    known = catalog.table(table.schema, table.name)
    is_same = known is table or (
        (known.estimated_rows, known.pages) == (table.estimated_rows, table.pages) and known == table
    )
    return known if is_same else table


def _are_same(some: Sequence[object], others: Sequence[object]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))
