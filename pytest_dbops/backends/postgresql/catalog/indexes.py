"""Indexes from the rows of pg_index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.core.catalog import Index, IndexKey

_DESCENDING, _NULLS_FIRST = 1, 2


class _Row(NamedTuple):
    oid: int
    table: int
    name: str
    method: int
    columns: str
    options: str
    classes: str
    key_count: int
    is_unique: bool
    is_primary: bool
    is_immediate: bool
    is_valid: bool
    is_ready: bool
    is_live: bool
    is_replica_identity: bool
    is_clustered: bool
    nulls_not_distinct: bool
    predicate: str | None
    expressions: Sequence[str] | None
    collations: Sequence[str] | None
    storage: Sequence[str] | None
    tablespace: int
    parent: int | None


def build_indexes(
    rows: Iterable[Sequence[Any]], behind: Mapping[int, str], names: Names
) -> tuple[dict[int, list[Index]], dict[int, Index]]:
    """Return indexes by the oid of their table, sorted by name, and each by its own oid."""
    found = sorted((row for row in map(_Row._make, rows) if row.table in names.columns), key=_name)
    index_names = {row.oid: row.name for row in found}
    by_table: dict[int, list[Index]] = {}
    by_oid: dict[int, Index] = {}
    for row in found:
        index = _index(row, behind.get(row.oid, ""), index_names, names)
        by_table.setdefault(row.table, []).append(index)
        by_oid[row.oid] = index
    return by_table, by_oid


def _name(row: _Row) -> str:
    return row.name


def _index(row: _Row, constraint: str, index_names: Mapping[int, str], names: Names) -> Index:
    numbers = _numbers(row.columns)
    columns = names.columns[row.table]
    schema = names.relations[row.table][0]
    targets, key_options = _rare(names.index_columns.get(row.oid))
    return Index(
        schema,
        row.name,
        _keys(row, numbers, columns, key_options, names),
        names.access_methods[row.method],
        tuple([columns[number] for number in numbers[row.key_count :]]),
        row.predicate,
        row.is_unique,
        row.is_primary,
        row.nulls_not_distinct,
        row.is_immediate,
        row.is_valid,
        row.is_ready,
        row.is_live,
        row.is_replica_identity,
        row.is_clustered,
        constraint,
        tuple(sorted(row.storage)) if row.storage else (),
        names.tablespaces.get(row.tablespace, ""),
        targets,
        index_names.get(row.parent, "") if row.parent else "",
        comment=names.comment("pg_class", row.oid),
    )


def _keys(
    row: _Row, numbers: Sequence[int], columns: Mapping[int, str], key_options: Mapping[int, str], names: Names
) -> tuple[IndexKey, ...]:
    flags = _numbers(row.options)
    classes = _numbers(row.classes)
    keys = []
    for place, number in enumerate(numbers[: row.key_count]):
        operator_class = names.operator_classes.get(classes[place], "")
        if place + 1 in key_options:
            operator_class = f"{operator_class or 'default'}({key_options[place + 1]})"
        keys.append(
            _key(
                columns.get(number),
                row.expressions[place] if row.expressions is not None and not number else None,
                flags[place],
                operator_class,
                _collation(row.collations[place]) if row.collations is not None else "",
            )
        )
    return tuple(keys)


@lru_cache(maxsize=4096)
def _key(column: str | None, expression: str | None, flags: int, operator_class: str, collation: str) -> IndexKey:
    """Return a key; the same one for columns of one name in many tables."""
    is_descending, is_nulls_first = bool(flags & _DESCENDING), bool(flags & _NULLS_FIRST)
    return IndexKey(column, expression, is_descending, is_nulls_first, operator_class, collation)


@lru_cache(maxsize=4096)
def _numbers(text: str) -> tuple[int, ...]:
    """Return a vector of the server's, which drivers hand over as text: ``1 2 3``."""
    return tuple(map(int, text.split()))


def _collation(name: str) -> str:
    return "" if name in ("-", '"default"') else name


def _rare(
    columns: list[tuple[int, dict[str, Any]]] | None,
) -> tuple[tuple[tuple[int, int], ...], dict[int, str]]:
    """Return (number, statistics target) and number -> operator class parameters of an index's columns."""
    if columns is None:
        return (), {}
    targets = tuple(
        (number, facts["statistics_target"])
        for number, facts in sorted(columns, key=lambda column: column[0])
        if facts["statistics_target"] is not None
    )
    return targets, {number: ", ".join(sorted(facts["options"])) for number, facts in columns if facts["options"]}
