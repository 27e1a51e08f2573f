"""A SQLite table put together from what the server lists and what only its text says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, NamedTuple

from pytest_dbops.backends.sqlite.catalog.create_other import IndexText, module_of, parse_create_index
from pytest_dbops.backends.sqlite.catalog.create_table import KeyText, TableText, parse_create_table
from pytest_dbops.backends.sqlite.catalog.spellings import spell_default, spell_type
from pytest_dbops.backends.sqlite.catalog.tokens import Kind, render_tokens, without_outer_parentheses
from pytest_dbops.core.catalog import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    IndexKey,
    KeyConstraint,
    Table,
    TableKind,
    Trigger,
)

_GENERATED = {2: "virtual", 3: "stored"}
_ORIGINS = {"c": "created", "u": "unique", "pk": "primary key"}
_VERSION_TABLE = "alembic_version"

Names = Mapping[str, str]
"""Folded column name -> the column's own spelling: SQLite does not tell capitals apart."""


class _Column(NamedTuple):
    table: str
    name: str
    type: str
    not_null: int
    default: str | None
    key_place: int
    hidden: int


class _IndexKey(NamedTuple):
    table: str
    number: int
    name: str
    is_unique: int
    origin: str
    is_partial: int
    place: int
    column_number: int
    column: str | None
    is_descending: int
    collation: str
    is_key: int


class _ForeignKey(NamedTuple):
    table: str
    number: int
    place: int
    target: str
    column: str
    target_column: str | None
    on_update: str
    on_delete: str


@dataclass(frozen=True, slots=True)
class TableRows:
    """What the server lists, by table; ``index_texts`` by the name of the index."""

    columns: Mapping[str, Sequence[_Column]]
    index_keys: Mapping[str, Sequence[_IndexKey]]
    foreign_keys: Mapping[str, Sequence[_ForeignKey]]
    index_texts: Mapping[str, str]
    table_names: Names

    @staticmethod
    def of(rows: Mapping[str, Sequence[Sequence[Any]]], objects: Iterable[Any]) -> TableRows:
        """Group the rows of the statements by table."""
        objects = list(objects)
        return TableRows(
            _grouped(map(_Column._make, rows["columns"])),
            _grouped(map(_IndexKey._make, rows["indexes"])),
            _grouped(map(_ForeignKey._make, rows["foreign_keys"])),
            {item.name: item.sql for item in objects if item.kind == "index" and item.sql},
            {item.name.casefold(): item.name for item in objects if item.kind == "table"},
        )


def _grouped(rows: Iterable[Any]) -> Mapping[str, Sequence[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.table].append(row)
    return groups


def build_virtual_table(name: str, sql: str) -> Table:
    """Return a virtual table: its module with its arguments is all there is to it."""
    return Table("main", name, (), kind=TableKind.VIRTUAL, module=module_of(sql))


def build_table(
    name: str,
    sql: str,
    rows: TableRows,
    triggers: tuple[Trigger, ...],
    *,
    is_strict: bool,
    is_without_rowid: bool,
) -> Table:
    """Return an ordinary table with all its parts."""
    text = parse_create_table(sql)
    listed = rows.columns.get(name, ())
    names = {column.name.casefold(): column.name for column in listed}
    primary_key = _primary_key(text, listed)
    rowid = "" if is_without_rowid else _rowid_alias(text, listed)
    uniques = tuple(sorted((_key(key, names) for key in text.uniques), key=_key_order))
    return Table(
        "main",
        name,
        _columns(text, listed, names, rowid),
        primary_key,
        uniques,
        _foreign_keys(name, text, rows, names),
        _checks(text, names),
        indexes=_indexes(name, rows, names, [key for key in (primary_key, *uniques) if key is not None]),
        triggers=triggers,
        is_strict=is_strict,
        is_without_rowid=is_without_rowid,
        is_version_table=name == _VERSION_TABLE,
    )


def with_other_indexes(table: Table, rows: TableRows, triggers: tuple[Trigger, ...]) -> Table:
    """Return an ordinary table with its indexes as they are listed now, and other triggers."""
    names = {column.name.casefold(): column.name for column in table.columns}
    keys = [key for key in (table.primary_key, *table.unique_constraints) if key is not None]
    return replace(table, indexes=_indexes(table.name, rows, names, keys), triggers=triggers)


def _key_order(key: KeyConstraint) -> tuple[str, tuple[str, ...]]:
    return key.name, key.columns


def _rowid_alias(text: TableText, listed: Sequence[_Column]) -> str:
    """Return the column that is another name of the rowid (lang_createtable.html, section 5), or nothing.

    An INTEGER PRIMARY KEY is one, but for DESC in the column's own rule.
    """
    keys = [row for row in listed if row.key_place]
    if len(keys) != 1 or keys[0].type.upper() != "INTEGER":
        return ""
    return "" if text.primary_key is not None and text.primary_key.is_descending else keys[0].name


def _columns(text: TableText, listed: Sequence[_Column], names: Names, rowid: str) -> tuple[Column, ...]:
    written = {column.name.casefold(): column for column in text.columns}
    result = []
    for position, row in enumerate(listed, start=1):
        own = written.get(row.name.casefold())
        generated = _GENERATED.get(row.hidden, "")
        default = own.generated if own and generated else spell_default(row.default, row.type, names)
        collation = own.collation if own and own.collation != "BINARY" else ""
        result.append(
            Column(
                row.name,
                position,
                spell_type(row.type),
                bool(row.not_null) or row.name == rowid,  # a rowid is never NULL, whether its column says so or not
                default,
                generated=generated,
                collation=collation,
                conflict=_conflict(own.not_null_conflict) if own else "",
            )
        )
    return tuple(result)


def _conflict(word: str) -> str:
    return "" if word == "ABORT" else word


def _primary_key(text: TableText, listed: Sequence[_Column]) -> KeyConstraint | None:
    columns = tuple(row.name for row in sorted(listed, key=lambda row: row.key_place) if row.key_place)
    if not columns:
        return None
    written = text.primary_key or KeyText(columns)
    return KeyConstraint(
        written.name, columns, is_autoincrement=written.is_autoincrement, conflict=_conflict(written.conflict)
    )


def _key(key: KeyText, names: Names) -> KeyConstraint:
    columns = tuple(names.get(column.casefold(), column) for column in key.columns)
    return KeyConstraint(key.name, columns, conflict=_conflict(key.conflict))


def _foreign_keys(table: str, text: TableText, rows: TableRows, names: Names) -> tuple[ForeignKey, ...]:
    groups = [list(group) for _, group in groupby(rows.foreign_keys.get(table, ()), lambda row: row.number)]
    # The server numbers foreign keys from the last one written to the first.
    groups.reverse()
    written = text.foreign_keys
    result = []
    for place, group in enumerate(groups):
        own = written[place] if len(written) == len(groups) else None
        first = group[0]
        target = rows.table_names.get(first.target.casefold(), first.target)
        result.append(
            ForeignKey(
                own.name if own else "",
                tuple(names.get(row.column.casefold(), row.column) for row in group),
                "main",
                target,
                _target_columns(target, group, rows),
                first.on_delete,
                first.on_update,
                is_deferrable=bool(own and own.is_deferrable),
                is_initially_deferred=bool(own and own.is_initially_deferred),
            )
        )
    return tuple(sorted(result, key=lambda key: (key.name, key.columns, key.target_table, key.target_columns)))


def _target_columns(target: str, group: Sequence[_ForeignKey], rows: TableRows) -> tuple[str, ...]:
    """Return the columns referred to; where the text names none, those of the target's primary key."""
    listed = rows.columns.get(target, ())
    names = {row.name.casefold(): row.name for row in listed}
    if any(row.target_column is None for row in group):
        return tuple(row.name for row in sorted(listed, key=lambda row: row.key_place) if row.key_place)
    return tuple(names.get(str(row.target_column).casefold(), str(row.target_column)) for row in group)


def _checks(text: TableText, names: Names) -> tuple[CheckConstraint, ...]:
    found = []
    for check in text.checks:
        tokens = without_outer_parentheses(check.tokens)
        used = {
            names[token.text.casefold()]
            for token in tokens
            if token.kind in (Kind.WORD, Kind.QUOTED) and token.text.casefold() in names
        }
        found.append(CheckConstraint(check.name, render_tokens(tokens, names), tuple(sorted(used))))
    return tuple(sorted(found, key=lambda check: (check.name, check.expression)))


def _indexes(table: str, rows: TableRows, names: Names, keys: Sequence[KeyConstraint]) -> tuple[Index, ...]:
    found = []
    for name, group in groupby(rows.index_keys.get(table, ()), lambda row: row.name):
        members = [row for row in group if row.is_key]
        sql = rows.index_texts.get(name)
        text = parse_create_index(sql, names) if sql is not None else None
        found.append(_index(name, members, text, keys))
    return tuple(sorted(found, key=lambda index: index.name))


def _index(name: str, members: Sequence[_IndexKey], text: IndexText | None, keys: Sequence[KeyConstraint]) -> Index:
    first = members[0]
    columns = tuple(row.column for row in members)
    behind = next((key for key in keys if first.origin != "c" and key.columns == columns), None)
    return Index(
        "main",
        name,
        tuple(
            IndexKey(
                row.column,
                text.expressions[row.place] if row.column is None and text is not None else None,
                bool(row.is_descending),
                bool(row.is_descending),
                collation="" if row.collation == "BINARY" else row.collation,
            )
            for row in members
        ),
        predicate=text.predicate if text is not None else None,
        is_unique=bool(first.is_unique),
        is_primary=first.origin == "pk",
        constraint=(behind.name or f"({', '.join(behind.columns)})") if behind is not None else "",
        origin=_ORIGINS[first.origin],
    )
