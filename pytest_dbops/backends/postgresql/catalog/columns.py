"""Columns from the rows of pg_attribute."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pytest_dbops.backends.postgresql.catalog.acl import read_privileges
from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.core.catalog import Column

_IDENTITY = {"": "", "a": "always", "d": "by default"}
_GENERATED = {"": "", "s": "stored", "v": "virtual"}
_STORAGE = {"p": "plain", "e": "external", "m": "main", "x": "extended"}
_COMPRESSION = {"": "", "p": "pglz", "l": "lz4"}

ColumnsByRelation = dict[int, tuple[Column, ...]]


def build_columns(rows: Iterable[Sequence[Any]], owners: dict[int, str], names: Names) -> ColumnsByRelation:
    """Return the columns of each relation in ``owners``, in order; records their numbers in ``names``."""
    grouped: dict[int, list[Sequence[Any]]] = {oid: [] for oid in owners}
    for row in rows:
        group = grouped.get(row[0])
        if group is not None:
            group.append(row)
    result = {}
    for oid, group in grouped.items():
        group.sort(key=_number)
        names.columns[oid] = {row[1]: row[2] for row in group}
        result[oid] = tuple(_column(row, position, owners[oid], names) for position, row in enumerate(group, start=1))
    return result


def _number(row: Sequence[Any]) -> int:
    number: int = row[1]
    return number


def _column(row: Sequence[Any], position: int, owner: str, names: Names) -> Column:
    oid, number, name, type_text, not_null, identity, generated, is_inherited, default, rare = row
    comment = names.comments.get(("pg_class", oid, number))
    if rare is None:
        return Column(
            name,
            position,
            type_text,
            not_null,
            default,
            _IDENTITY[identity],
            _GENERATED[generated],
            is_inherited=is_inherited,
            is_local=not is_inherited,
            comment=comment,
        )
    facts = json.loads(rare)
    return Column(
        name,
        position,
        type_text,
        not_null,
        default,
        _IDENTITY[identity],
        _GENERATED[generated],
        collation=facts["collation"] or "",
        storage=_STORAGE.get(facts["storage"], "") if facts["storage"] else "",
        compression=_COMPRESSION.get(facts["compression"], facts["compression"]),
        statistics_target=facts["statistics_target"],
        options=tuple(sorted(facts["options"] or ())),
        foreign_options=tuple(sorted(facts["foreign_options"] or ())),
        is_inherited=is_inherited,
        is_local=facts["is_local"],
        privileges=read_privileges(facts["privileges"], "column", owner, names.major),
        comment=comment,
    )
