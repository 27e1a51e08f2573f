"""Indexes from the rows of pg_index."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.core.catalog import Index, IndexKey

_DESCENDING, _NULLS_FIRST = 1, 2


class _Row(NamedTuple):
    oid: int
    table: int
    name: str
    method: str
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
    tablespace: str | None
    parent: int | None
    rare: str | None


def build_indexes(
    rows: Iterable[Sequence[Any]], behind: Mapping[int, str], names: Names
) -> tuple[dict[int, list[Index]], dict[int, Index]]:
    """Return indexes by the oid of their table, sorted by name, and each by its own oid."""
    found = [row for row in map(_Row._make, rows) if row.table in names.columns]
    index_names = {row.oid: row.name for row in found}
    by_table: dict[int, list[Index]] = {}
    by_oid: dict[int, Index] = {}
    for row in found:
        index = _index(row, behind.get(row.oid, ""), index_names, names)
        by_table.setdefault(row.table, []).append(index)
        by_oid[row.oid] = index
    return by_table, by_oid


def _index(row: _Row, constraint: str, index_names: Mapping[int, str], names: Names) -> Index:
    numbers = [int(number) for number in row.columns.split()]
    columns = names.columns[row.table]
    schema = names.relations[row.table][0]
    targets, key_options = _rare(row.rare)
    return Index(
        schema,
        row.name,
        _keys(row, numbers, columns, key_options, names),
        row.method,
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
        row.tablespace or "",
        targets,
        index_names.get(row.parent, "") if row.parent else "",
        comment=names.comments.get(("pg_class", row.oid, 0)),
    )


def _keys(
    row: _Row, numbers: list[int], columns: Mapping[int, str], key_options: Mapping[int, str], names: Names
) -> tuple[IndexKey, ...]:
    options = row.options.split()
    classes = row.classes.split()
    keys = []
    for place in range(row.key_count):
        number = numbers[place]
        flags = int(options[place])
        expression = row.expressions[place] if row.expressions is not None and not number else None
        operator_class = names.operator_classes.get(int(classes[place]), "")
        if key_options and place + 1 in key_options:
            operator_class = f"{operator_class or 'default'}({key_options[place + 1]})"
        keys.append(
            IndexKey(
                columns.get(number),
                expression,
                bool(flags & _DESCENDING),
                bool(flags & _NULLS_FIRST),
                operator_class,
                _collation(row.collations[place]) if row.collations is not None else "",
            )
        )
    return tuple(keys)


def _collation(name: str) -> str:
    return "" if name in ("-", '"default"') else name


def _rare(text: str | None) -> tuple[tuple[tuple[int, int], ...], dict[int, str]]:
    if text is None:
        return (), {}
    parts = json.loads(text)
    targets = tuple((number, target) for number, target, _ in parts if target is not None)
    return targets, {number: ", ".join(sorted(options)) for number, _, options in parts if options}
