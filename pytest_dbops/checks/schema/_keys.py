"""Indexes compared: which of two can do the other's work, and which columns an index finds."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import ForeignKey, Index, IndexKey, Table
from pytest_dbops.core.frozen import frozen

_SEARCHES_BY_PREFIX = ("btree", "gist")


def indexes_with_rowid(table: Table) -> tuple[Index, ...]:
    """Return a table's usable indexes, among them the primary key that SQLite keeps without an index."""
    usable = tuple([index for index in table.indexes if index.is_usable])
    if table.primary_key is None or any(index.is_primary for index in usable):
        return usable
    keys = tuple(IndexKey(column) for column in table.primary_key.columns)
    rowid = Index(
        schema=table.schema, name="the primary key", keys=keys, is_unique=True, is_primary=True, origin="primary key"
    )
    return (rowid, *usable)


def finds(index: Index, columns: tuple[str, ...], *, deciding: frozenset[str]) -> bool:
    """Tell whether an index finds the rows where `columns` equal given values.

    Its leading keys must be of those columns, in any order, and hold all `deciding` ones: the others (a tenant's
    id that every key of the table shares) then only filter the few rows found.
    """
    if index.predicate is not None and not _only_excludes_nulls(index.predicate, columns):
        return False
    if index.method == "hash":
        return len(index.keys) == 1 and index.columns[0] in deciding and len(deciding) == 1
    if index.method not in _SEARCHES_BY_PREFIX:
        return False
    return deciding <= frozenset(_leading(index, frozenset(columns)))


def deciding_columns(table: Table, foreign_key: ForeignKey) -> frozenset[str]:
    """Return the columns of a foreign key that no other foreign key of the table shares; all, if each is shared."""
    shared = {column for other in table.foreign_keys if other is not foreign_key for column in other.columns}
    return frozenset(foreign_key.columns) - shared or frozenset(foreign_key.columns)


@frozen
class _Key:
    """One key of an index, directions left out: they are compared for the index as a whole."""

    target: str
    operator_class: str
    collation: str


def has_same_keys(one: Index, other: Index) -> bool:
    """Tell whether two indexes are sorted by the same keys, perhaps one of them backwards, over the same rows."""
    same = (
        len(one.keys) == len(other.keys)
        and one.method == other.method
        and one.predicate == other.predicate
        and _keys(one) == _keys(other)
    )
    return same and _directions(one) in (_directions(other), _reversed(other))


def is_prefix(short: Index, long: Index) -> bool:
    """Tell whether the keys of `short` are the first of `long`'s, perhaps backwards, over the same rows."""
    count = len(short.keys)
    if count >= len(long.keys) or {short.method, long.method} != {"btree"} or short.predicate != long.predicate:
        return False
    if _keys(short) != _keys(long)[:count]:
        return False
    return _directions(short) in (_directions(long)[:count], _reversed(long)[:count])


def _keys(index: Index) -> tuple[_Key, ...]:
    return tuple(
        _Key(key.column if key.column is not None else f"({key.expression})", key.operator_class, key.collation)
        for key in index.keys
    )


def _directions(index: Index) -> tuple[tuple[bool, bool], ...]:
    return tuple((key.is_descending, key.is_nulls_first) for key in index.keys)


def _reversed(index: Index) -> tuple[tuple[bool, bool], ...]:
    return tuple((not descending, not nulls_first) for descending, nulls_first in _directions(index))


def _leading(index: Index, columns: frozenset[str]) -> Iterator[str]:
    for column in index.columns:
        if column is None or column not in columns:
            return
        yield column


def _only_excludes_nulls(predicate: str, columns: tuple[str, ...]) -> bool:
    """Tell whether a predicate holds for every row that a lookup by `columns` could find."""
    terms = predicate.replace("(", " ").replace(")", " ").replace('"', "").lower().split(" and ")
    return {" ".join(term.split()) for term in terms} <= {f"{column.lower()} is not null" for column in columns}
