"""The rows of a walk: made of every table before a revision meets it, read before and after, and kept from then on.

Rows stay in the tables from one revision to the next, as they do in a database that lives; only tables that are new
or have changed are filled. Their numbers are far from what people write by hand, so that rows which a revision puts
in itself find their keys free.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.observed import Observation
from pytest_dbops.core.rehearsed import CompatibilityFailure, Coverage, LossAccount, TableCoverage
from pytest_dbops.core.walk import Rows, Unfilled
from pytest_dbops.migrating.filling import Breadth, Ground, Vocabulary, fill, is_without_partitions
from pytest_dbops.migrating.filling.fences import judged_now, without_forced_security
from pytest_dbops.migrating.filling.ground import message_of
from pytest_dbops.migrating.filling.plan import planner_for
from pytest_dbops.migrating.filling.rows import Pool, Pools
from pytest_dbops.migrating.filling.shapes import TableName
from pytest_dbops.migrating.losses import Contents, TableContents, account, read_contents
from pytest_dbops.migrating.releases import Release, ReleaseStatement, broken_by, record_release
from pytest_dbops.migrating.walking.changes import Changes, read_some, stale_tables, union_of
from pytest_dbops.migrating.walking.connection import WalkConnection

FIRST = 7_000
_BREADTHS = {Rows.USUAL: Breadth.USUAL, Rows.ORDINARY: Breadth.ORDINARY}
_ENOUGH = 60
"""Rows of a table that is not filled again, however often revisions change it."""


@frozen
class Before:
    """What a revision meets: its schema, the rows, and what the release that runs on it does.

    contents: None where rows could not be made or read; `unjudged` then says why.
    changes: tells whether rows were changed by statements since they were read.
    """

    catalog: Catalog
    rows: Rows
    contents: Contents | None = None
    statements: tuple[ReleaseStatement, ...] = ()
    coverage: Coverage = field(default_factory=Coverage)
    unjudged: str = ""
    changes: Changes = field(default_factory=Changes)

    def losses(self, connection: WalkConnection, after: Catalog, between: Catalog) -> LossAccount | None:
        """Return what is not as it was; None, and the transaction as usable as before, where that cannot be read."""
        if self.contents is None:
            return None
        ground = connection.ground()
        try:
            with _kept(ground):
                # Row security cannot be lifted over pending trigger events (PostgreSQL, SQLSTATE 55006).
                for statement in filter(None, (judged_now(after),)):
                    ground.run(statement)
                now = self._read_again(ground, after, between)
        except Exception:  # any driver's; the revision is not to blame for what we cannot read
            return None
        charged = account(self.contents, now, self.catalog, after, between=between)
        # What was hidden before is told of the revisions that touch it.
        return replace(charged, hidden=tuple(each for each in charged.hidden if each not in self.contents.hidden))

    def _read_again(self, ground: Ground, after: Catalog, between: Catalog) -> Contents:
        """Read the rows that may not be as they were; the others are the same object as before."""
        assert self.contents is not None
        stale = (
            None if self.changes.may_be else union_of(stale_tables(self.catalog, between), stale_tables(between, after))
        )
        return read_contents(ground, after) if stale is None else read_some(ground, after, self.contents, stale)

    def broken(self, connection: WalkConnection, after: Catalog) -> tuple[CompatibilityFailure, ...] | None:
        """Return what the release before can no longer do, of the tables that are not as they were; None: not known."""
        if self.unjudged:
            return None
        changed = _changed(self.catalog, after)
        statements = [each for each in self.statements if each.table in changed]
        if not statements:
            return ()
        ground = connection.ground()
        tables = {each.table for each in statements}
        try:
            with _kept(ground):
                return broken_by(ground, Release(self.catalog, tuple(statements)), _part(after, tables))
        except Exception:  # as above
            return None

    def without_stale(
        self, connection: WalkConnection, broken: tuple[CompatibilityFailure, ...]
    ) -> tuple[CompatibilityFailure, ...]:
        """Return what the old schema, now that it is back, still takes: rows of ours may have come in its way since."""
        tables = {each.table for each in self.statements if self._shown(each.table) in {one.table for one in broken}}
        statements = tuple(each for each in self.statements if each.table in tables)
        ground = connection.ground()
        try:
            with _kept(ground):
                now = broken_by(ground, Release(self.catalog, statements), _part(self.catalog, tables))
        except Exception:  # as above
            return broken
        stale = {(each.table, verb) for each in now for verb in each.statements}
        fresh = [
            replace(each, statements=tuple(verb for verb in each.statements if (each.table, verb) not in stale))
            for each in broken
        ]
        return tuple(each for each in fresh if each.statements)

    def unfilled(self, after: Catalog, observation: Observation | None) -> tuple[Unfilled, ...]:
        """Return the tables without rows that the revision touches: by their definition, or by name in a statement."""
        unfilled = self.coverage.unfilled
        if not unfilled:
            return ()
        changed = {self._shown(name) for name in _changed(self.catalog, after)}
        text = " ".join(each.sql for each in observation.statements) if observation else ""
        return tuple(
            Unfilled(each.table, each.reason)
            for each in unfilled
            if each.table in changed or re.search(rf"\b{re.escape(each.table.rpartition('.')[2])}\b", text)
        )

    def _shown(self, name: TableName) -> str:
        return self.catalog.table(*name).display


@dataclass(slots=True)
class RowKeeper:
    """Fills tables as revisions come to need it; what is known is of one database.

    find_vocabulary: called once, when the first table is filled: env.py has imported the models by then.
    """

    find_vocabulary: Callable[[], Vocabulary]
    _vocabulary: Vocabulary | None = None
    _filled: dict[TableName, Table] = field(default_factory=dict)
    _found: dict[str, TableCoverage] = field(default_factory=dict)
    _statements: dict[TableName, tuple[ReleaseStatement, ...]] = field(default_factory=dict)
    _read: tuple[Catalog, Contents] | None = None
    """What was read last, while no statement may have changed it since."""
    _pools: dict[TableName, tuple[Table, TableContents, Pool]] = field(default_factory=dict)
    """The rows of tables that others refer to, as they were read to fill those, with what was known of them then."""
    _referred: Pools = field(default_factory=dict)
    """Those of the last filling."""

    def prepare(self, connection: WalkConnection, catalog: Catalog, rows: Rows) -> Before:
        """Fill what is not filled yet, commit it, and return what the next revision meets."""
        connection.begin()
        if connection.changes.may_be:
            self._read = None
        try:
            contents = self._fill_and_read(connection.ground(), catalog, rows)
            connection.commit()
        except Exception as err:  # any driver's, and what a deferred rule says of our rows
            connection.rollback()
            self._forget()
            return Before(catalog, Rows.NONE, unjudged=f"rows cannot be made or read: {message_of(err)}")
        self._keep_pools(catalog, contents)
        before = Before(
            catalog, rows, contents,
            tuple(each for name in self._statements if catalog.has_table(*name) for each in self._statements[name]),
            self._coverage(catalog, contents), changes=connection.changes,
        )  # fmt: skip
        connection.changes.may_be = False
        self._read = catalog, contents
        if rows is not Rows.USUAL:
            self._forget()
        return before

    def coverage(self) -> Coverage:
        """Return what became of the rows of all tables that were filled."""
        return Coverage(tuple(self._found.values()))

    def _fill_and_read(self, ground: Ground, catalog: Catalog, rows: Rows) -> Contents:
        with without_forced_security(ground, catalog) as hidden:
            seen = _unforced(catalog, hidden)  # so that each of the steps has not to lift it again
            filled = self._fill(ground, seen, rows)
            contents = self._contents(ground, seen, filled)
            if self._forget_emptied(contents):
                self._fill(ground, seen, rows)
                contents = read_contents(ground, seen)
        return contents

    def _contents(self, ground: Ground, catalog: Catalog, filled: frozenset[TableName]) -> Contents:
        """Return all rows, of which only those are read that may not be as they were."""
        if self._read is not None and not any(catalog.table(*name).triggers for name in filled):
            stale = union_of(stale_tables(self._read[0], catalog), filled)
            if stale is not None:
                return read_some(ground, catalog, self._read[1], stale)
        return read_contents(ground, catalog)

    def _fill(self, ground: Ground, catalog: Catalog, rows: Rows) -> frozenset[TableName]:
        """Fill what is not filled yet and record what runs on it; returns what may have more rows now."""
        tables = [table for table in catalog.tables if not is_without_partitions(table, catalog)]
        fresh = {(table.schema, table.name): self._known(table) for table in tables}
        to_fill = {
            name
            for name, known in fresh.items()
            if known is None or (_takes_other_rows(catalog.table(*name), known) and not self._has_enough(known))
        }
        wanted = frozenset(to_fill) if rows is not Rows.NONE else frozenset()
        to_record = {name for name, known in fresh.items() if known is None or _is_another(catalog.table(*name), known)}
        if to_fill or to_record:
            part = _part(catalog, to_fill | to_record)
            read = self._pools_of(catalog, part, to_fill | to_record)
            planner = planner_for(part, _BREADTHS.get(rows, Breadth.ORDINARY), self._words(), first=FIRST, read=read)
            self._referred |= {name: pool for name, pool in planner.pools.items() if name not in wanted}
            made = fill(ground, part, only=wanted, planner=planner)
            self._found |= {each.table: each for each in made.tables}
            release = record_release(ground, part, only=to_record, planner=planner)
            for name in to_record:
                self._statements[name] = tuple(each for each in release.statements if each.table == name)
        self._filled = {(table.schema, table.name): table for table in tables}
        return wanted

    def _pools_of(self, catalog: Catalog, part: Catalog, but: Set[TableName]) -> Pools:
        """Return the pools of tables of a part that are as they were when they were read, and so are their rows."""
        stale = None if self._read is None else stale_tables(self._read[0], catalog)
        if self._read is None or stale is None:
            return {}
        contents = self._read[1].tables
        return {
            name: pool
            for name, (table, rows, pool) in self._pools.items()
            if name not in stale | but and contents.get(name) is rows
            and part.has_table(*name) and part.table(*name) is table
        }  # fmt: skip

    def _keep_pools(self, catalog: Catalog, contents: Contents) -> None:
        """Keep what was read of tables to which others refer, for the next time that these are filled.

        A table that has other rows than were read got them by the filling: from a trigger, or a rule.
        """
        self._pools |= {
            name: (catalog.table(*name), contents.tables[name], pool)
            for name, pool in self._referred.items()
            if name in contents.tables and len(contents.tables[name].rows) == len(pool.rows)
        }
        self._referred = {}

    def _has_enough(self, table: Table) -> bool:
        known = self._found.get(table.display)
        return known is not None and known.rows + known.present > _ENOUGH

    def _known(self, table: Table) -> Table | None:
        return self._filled.get((table.schema, table.name))

    def _forget_emptied(self, contents: Contents) -> bool:
        """Forget tables that held rows and do not any more: a revision may take them, or make the table anew."""
        emptied = [
            name
            for name, table in contents.tables.items()
            if not table.rows and name in self._filled and self._was_filled(self._filled[name])
        ]
        for name in emptied:
            del self._filled[name]
        return bool(emptied)

    def _was_filled(self, table: Table) -> bool:
        known = self._found.get(table.display)
        return known is not None and known.is_filled

    def _forget(self) -> None:
        self._filled, self._found, self._statements, self._read = {}, {}, {}, None
        self._pools, self._referred = {}, {}

    def _coverage(self, catalog: Catalog, contents: Contents) -> Coverage:
        """Return the coverage as it is now; a table that others' rows or a revision filled has rows too.

        A partitioned table without partitions is left out: it can hold none.
        """
        tables = []
        for table in catalog.tables:
            held = contents.tables.get((table.schema, table.name))
            if held is None or is_without_partitions(table, catalog):
                if table.display in contents.hidden:
                    tables.append(TableCoverage(table.display, 0, reason="policies hide rows of it"))
                continue
            known = self._found.get(table.display) or TableCoverage(table.display, 0, reason="no rows were made of it")
            tables.append(replace(known, rows=len(held.rows), present=0))
        return Coverage(tuple(tables))

    def _words(self) -> Vocabulary:
        if self._vocabulary is None:
            self._vocabulary = self.find_vocabulary()
        return self._vocabulary


@contextmanager
def _kept(ground: Ground) -> Iterator[None]:
    """Undo all that is done within where it fails, so that what was done before stands."""
    ground.run("SAVEPOINT dbops_rows")
    try:
        yield
    except BaseException:
        ground.run("ROLLBACK TO SAVEPOINT dbops_rows")
        raise
    finally:
        ground.run("RELEASE SAVEPOINT dbops_rows")


def _changed(before: Catalog, after: Catalog) -> frozenset[TableName]:
    """Return the tables of before that are not as they were; all, where code or types changed that may be theirs."""
    everything = not (set(before.routines) <= set(after.routines) and set(before.types) <= set(after.types))
    return frozenset(
        (table.schema, table.name)
        for table in before.tables
        if everything
        or not after.has_table(table.schema, table.name)
        or _is_another(after.table(table.schema, table.name), table)
    )


def _unforced(catalog: Catalog, hidden: Collection[str]) -> Catalog:
    """Return a schema whose tables are no longer forced to hide their rows, but for some."""
    if not any(each.force_row_security for each in catalog.tables):
        return catalog
    tables = (
        replace(each, force_row_security=False) if each.force_row_security and each.display not in hidden else each
        for each in catalog.tables
    )
    return replace(catalog, tables=tuple(tables))


def _is_another(now: Table, before: Table) -> bool:
    """Tell whether two tables differ in what a row or a statement may depend on: not in comments alone."""
    return (
        now is not before and now != before and (len(now.columns) != len(before.columns) or _bare(now) != _bare(before))
    )


def _bare(table: Table) -> Table:
    columns = tuple(replace(each, comment=None, statistics_target=None) for each in table.columns)
    return replace(
        table, columns=columns, comment=None, owner="", replica_identity="default", options=(), force_row_security=False
    )


def _takes_other_rows(now: Table, before: Table) -> bool:
    """Tell whether there are rows that one of two tables has no room for, of which boundary values are wanted."""
    return (
        now is not before
        and now != before
        and (
            [(each.name, each.type, each.not_null) for each in now.columns]
            != [(each.name, each.type, each.not_null) for each in before.columns]
            or now.check_constraints != before.check_constraints
        )
    )


def _part(catalog: Catalog, wanted: Collection[TableName]) -> Catalog:
    """Return the schema with no other tables than these, those they refer to, and those that hide their rows.

    Triggers may write to the last. What a table is referred to for has its rows, so that nothing behind it is wanted.
    """
    kept = set(wanted)
    for name in wanted:
        if catalog.has_table(*name):
            kept.update((key.target_schema, key.target_table) for key in catalog.table(*name).foreign_keys)
    return replace(
        catalog,
        tables=tuple(
            each for each in catalog.tables
            if (each.schema, each.name) in kept or each.is_partition or each.force_row_security or each.inherits
        ),
    )  # fmt: skip
