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
        elif row[9] is not None:
            names.index_columns.setdefault(row[0], []).append((row[1], json.loads(row[9])))
    alike: dict[tuple[Any, ...], Column] = {}
    result = {}
    for oid, group in grouped.items():
        group.sort(key=_number)
        names.columns[oid] = {row[1]: row[2] for row in group}
        result[oid] = _columns(oid, group, owners[oid], names, alike)
    return result


def _number(row: Sequence[Any]) -> int:
    number: int = row[1]
    return number


def _columns(
    oid: int, rows: Sequence[Sequence[Any]], owner: str, names: Names, alike: dict[tuple[Any, ...], Column]
) -> tuple[Column, ...]:
    """Return one relation's columns; those that are alike in many tables are one object in memory."""
    comments = names.column_comments.get(oid)
    result = []
    for position, row in enumerate(rows, start=1):
        if row[9] is not None or comments is not None:
            comment = comments.get(row[1]) if comments is not None else None
            result.append(_column(row, position, comment, owner, names.major))
            continue
        key = (position, *row[2:9])
        column = alike.get(key)
        if column is None:
            column = alike[key] = _column(row, position, None, owner, names.major)
        result.append(column)
    return tuple(result)


def _column(row: Sequence[Any], position: int, comment: str | None, owner: str, major: int) -> Column:
    _, _, name, type_text, not_null, identity, generated, is_inherited, default, rare = row
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
        privileges=read_privileges(facts["privileges"], "column", owner, major),
        comment=comment,
    )
