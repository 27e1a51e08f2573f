"""Charge what is different after an upgrade and its downgrade: lost rows, gained rows, changed cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.catalog.names import display_name
from pytest_dbops.core.rehearsed.loss import CellEvidence, ColumnLoss, LossAccount, TableLoss
from pytest_dbops.migrating.filling.shapes import TableName
from pytest_dbops.migrating.losses.contents import Cells, Contents, TableContents
from pytest_dbops.migrating.losses.matching import Pair, match
from pytest_dbops.migrating.losses.wording import in_words, shown, shown_key

_EVIDENCE = 5
"""Rows shown of each column and table."""


def account(
    before: Contents,
    after: Contents,
    catalog_before: Catalog,
    catalog_after: Catalog,
    *,
    between: Catalog | None = None,
) -> LossAccount:
    """Return what was lost or changed, by table and column, in the order of their names.

    between: the schema after the upgrade; with it a column or table that was dropped and made again is named so.
    Values are not shown, only keys and what sort of values they were.
    """
    found = []
    for name, old in sorted(before.tables.items()):
        if display_name(*name) in after.hidden:
            continue
        if not catalog_after.has_table(*name) or name not in after.tables:
            if old.rows:
                found.append(_gone(name, old))
            continue
        if after.tables[name] is old or after.tables[name] == old:  # not read again, or the same when it was
            continue
        loss = _table_loss(name, old, after.tables[name], catalog_before, catalog_after, between)
        if loss is not None:
            found.append(loss)
    return LossAccount(tuple(found), tuple(sorted({*before.hidden, *after.hidden})))


def _gone(name: TableName, old: TableContents) -> TableLoss:
    count = len(old.rows)
    return TableLoss(display_name(*name), count, lost=count, reason="the table is gone", evidence=_keys(old, old.rows))


def _table_loss(
    name: TableName,
    old: TableContents,
    new: TableContents,
    catalog_before: Catalog,
    catalog_after: Catalog,
    between: Catalog | None,
) -> TableLoss | None:
    pairs, lost, gained = match(old, new)
    missing = [column for column in old.columns if column not in new.columns]
    columns = list(_column_losses(pairs, catalog_after.table(*name), _middle(name, between)))
    columns += [_missing(column, old) for column in missing if any(row[old.columns.index(column)] for row in old.rows)]
    if not (columns or lost or gained):
        return None
    reason = ""
    if lost and between is not None and not between.has_table(*name):
        reason = "the table was dropped and made again"
    return TableLoss(
        catalog_before.table(*name).display,
        len(old.rows),
        lost=len(lost),
        gained=len(gained),
        columns=tuple(columns),
        reason=reason,
        evidence=_keys(old, lost),
    )


def _middle(name: TableName, between: Catalog | None) -> frozenset[str] | None:
    """Return the columns a table had after the upgrade, ``None`` where that is not known or there was none."""
    if between is None or not between.has_table(*name):
        return None
    return frozenset(column.name for column in between.table(*name).columns)


def _missing(column: str, old: TableContents) -> ColumnLoss:
    place = old.columns.index(column)
    count = sum(row[place] is not None for row in old.rows)
    return ColumnLoss(column, count, len(old.rows), "the column is gone")


def _column_losses(pairs: Sequence[Pair], table: Table, middle: frozenset[str] | None) -> Iterator[ColumnLoss]:
    if not pairs:
        return
    for column in pairs[0].columns:
        changed = [pair for pair in pairs if pair.before(column) != pair.after(column)]
        if not changed:
            continue
        values = [(pair.before(column), pair.after(column)) for pair in changed]
        words = in_words(values, table.column(column))
        if middle is not None and column not in middle:
            words = f"{words}: the column was dropped and made again"
        evidence = tuple(
            CellEvidence(shown_key(pair.key), shown(pair.before(column)), shown(pair.after(column)))
            for pair in changed[:_EVIDENCE]
        )
        held = sum(pair.before(column) is not None for pair in pairs)
        yield ColumnLoss(column, len(changed), max(held, len(changed)), words, evidence)


def _keys(contents: TableContents, rows: Sequence[Cells]) -> tuple[str, ...]:
    places = [contents.columns.index(name) for name in contents.key]
    shown_rows: list[Mapping[str, str | None]] = [
        {contents.columns[place]: row[place] for place in places} for row in rows[:_EVIDENCE] if places
    ]
    return tuple(map(shown_key, shown_rows))
