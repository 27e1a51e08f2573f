"""Indexes from the rows of pg_index."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import repeat
from operator import attrgetter, itemgetter
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
    predicate: str | None
    expressions: Sequence[str] | None
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
        index = _plain(row, behind.get(row.oid, ""), names)
        if row.rare is not None or row.oid in names.index_columns:
            index = _with_rare_facts(index, row, index_names, names)
        by_table.setdefault(row.table, []).append(index)
        by_oid[row.oid] = index
    for indexes in by_table.values():
        indexes.sort(key=attrgetter("name"))
    return by_table, by_oid


def _plain(row: _Row, constraint: str, names: Names) -> Index:
    """Return an index as most are: valid, in the default place, without parameters."""
    oid, table, name, method, numbers_text, options, classes, count, is_unique, is_primary, predicate, *rest = row
    numbers = _numbers(numbers_text)
    columns = names.columns[table]
    keys = zip(numbers[:count], _numbers(options), _numbers(classes), _expressions(rest[0], len(numbers)), strict=False)
    return Index(
        names.relations[table][0],
        name,
        tuple(
            [
                _key(columns.get(number), None if number else expression, flags, names.operator_classes.get(kind, ""))
                for number, flags, kind, expression in keys
            ]
        ),
        names.access_methods[method],
        tuple([columns[number] for number in numbers[count:]]),
        predicate,
        is_unique,
        is_primary,
        constraint=constraint,
        comment=names.comment("pg_class", oid),
    )


def _expressions(texts: Sequence[str] | None, count: int) -> Iterable[str | None]:
    """Return the expressions of an index, key by key, in one wording.

    In an index of several columns the server puts one that is no function call in parentheses once more.
    """
    if texts is None:
        return repeat(None)
    return texts if count == 1 else [text[1:-1] if text.startswith("(") else text for text in texts]


@lru_cache(maxsize=4096)
def _key(column: str | None, expression: str | None, flags: int, operator_class: str) -> IndexKey:
    """Return a key; the same one for columns of one name in many tables."""
    return IndexKey(column, expression, bool(flags & _DESCENDING), bool(flags & _NULLS_FIRST), operator_class)


@lru_cache(maxsize=4096)
def _numbers(text: str) -> tuple[int, ...]:
    """Return a vector of the server's, which drivers hand over as text: ``1 2 3``."""
    return tuple(map(int, text.split()))


def _with_rare_facts(index: Index, row: _Row, index_names: Mapping[int, str], names: Names) -> Index:
    columns = sorted(names.index_columns.get(row.oid, ()), key=itemgetter(0))
    parameters = {number: ", ".join(sorted(facts["options"])) for number, facts in columns if facts["options"]}
    targets = [(number, facts["statistics_target"]) for number, facts in columns]
    index = replace(
        index,
        keys=tuple(_with_parameters(key, parameters.get(place)) for place, key in enumerate(index.keys, start=1)),
        statistics_targets=tuple((number, target) for number, target in targets if target is not None),
    )
    if row.rare is None:
        return index
    facts = json.loads(row.rare)
    return replace(
        index,
        keys=tuple(map(_with_collation, index.keys, facts["collations"])),
        nulls_not_distinct=facts["nulls_not_distinct"],
        is_immediate=facts["is_immediate"],
        is_valid=facts["is_valid"],
        is_ready=facts["is_ready"],
        is_live=facts["is_live"],
        is_replica_identity=facts["is_replica_identity"],
        is_clustered=facts["is_clustered"],
        options=tuple(sorted(facts["options"] or ())),
        tablespace=names.tablespaces.get(int(facts["tablespace"]), ""),
        parent=index_names.get(int(facts["parent"] or 0), ""),
    )


def _with_parameters(key: IndexKey, parameters: str | None) -> IndexKey:
    if parameters is None:
        return key
    return replace(key, operator_class=f"{key.operator_class or 'default'}({parameters})")


def _with_collation(key: IndexKey, collation: str) -> IndexKey:
    return key if collation in ("-", '"default"') else replace(key, collation=collation)
