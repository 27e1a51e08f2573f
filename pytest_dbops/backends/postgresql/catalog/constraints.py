"""Constraints of tables and domains from the rows of pg_constraint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from operator import attrgetter
from typing import Any, NamedTuple

from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.core.catalog import (
    CheckConstraint,
    ExclusionConstraint,
    ForeignKey,
    KeyConstraint,
    NotNullConstraint,
)
from pytest_dbops.core.frozen import frozen

_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}


@frozen
class Constraints:
    """The constraints of one table or domain, sorted by name."""

    keys: list[tuple[int, KeyConstraint]] = field(default_factory=list)
    uniques: list[tuple[int, KeyConstraint]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[CheckConstraint] = field(default_factory=list)
    exclusions: list[ExclusionConstraint] = field(default_factory=list)
    not_nulls: list[NotNullConstraint] = field(default_factory=list)


EMPTY = Constraints()


class _Row(NamedTuple):
    oid: int
    name: str
    table: int
    domain: int
    kind: str
    columns: Sequence[int] | None
    target: int
    target_columns: Sequence[int] | None
    on_update: str
    on_delete: str
    match: str
    index_oid: int
    text: str | None
    rare: str | None


def build_constraints(rows: Iterable[Sequence[Any]], names: Names) -> tuple[dict[int, Constraints], dict[int, str]]:
    """Return constraints by the oid of their table or domain, and the names of those behind indexes.

    A key's own oid of an index comes with it, since an index knows what its key leaves unsaid
    (INCLUDE columns, NULLS NOT DISTINCT).
    """
    found = [_Row._make(row) for row in rows]
    found.sort(key=attrgetter("name"))
    tables = {row.oid: row.table for row in found}
    result: dict[int, Constraints] = {}
    behind: dict[int, str] = {}
    for row in found:
        names.constraints[row.oid] = row.name
        if row.table and row.table not in names.columns:
            continue
        if row.kind in "pux":
            behind[row.index_oid] = row.name
        rare = json.loads(row.rare) if row.rare is not None else None
        # For each partition of the table it points to, a foreign key has a row of its own.
        if rare is not None and row.kind == "f" and tables.get(int(rare["parent"])) == row.table:
            continue
        owner = row.table or row.domain
        group = result.get(owner)
        if group is None:
            group = result[owner] = Constraints()
        _add(group, row, rare, names)
    return result, behind


def _add(group: Constraints, row: _Row, rare: dict[str, Any] | None, names: Names) -> None:
    comment = names.comment("pg_constraint", row.oid)
    columns = _column_names(row.table, row.columns, names)
    if row.kind == "p":
        group.keys.append((row.index_oid, _key(row, columns, comment, rare)))
    elif row.kind == "u":
        group.uniques.append((row.index_oid, _key(row, columns, comment, rare)))
    elif row.kind == "f":
        group.foreign_keys.append(_foreign_key(row, columns, comment, rare, names))
    elif row.kind == "c":
        group.checks.append(_check(row, columns, comment, rare))
    elif row.kind == "x":
        group.exclusions.append(_exclusion(row, comment, rare))
    elif row.kind == "n":
        group.not_nulls.append(_not_null(row, columns[0] if columns else "", comment, rare))


def _column_names(table: int, numbers: Sequence[int] | None, names: Names) -> tuple[str, ...]:
    if not table or not numbers:
        return ()
    columns = names.columns[table]
    return tuple([columns.get(number, "") for number in numbers])


def _key(row: _Row, columns: tuple[str, ...], comment: str | None, rare: dict[str, Any] | None) -> KeyConstraint:
    key = KeyConstraint(row.name, columns, comment=comment)
    if rare is None:
        return key
    return replace(key, is_period=rare["is_period"], **_deferral(rare), is_inherited=not rare["is_local"])


def _deferral(rare: dict[str, Any]) -> dict[str, Any]:
    return {name: rare[name] for name in ("is_deferrable", "is_initially_deferred")}


def _foreign_key(
    row: _Row, columns: tuple[str, ...], comment: str | None, rare: dict[str, Any] | None, names: Names
) -> ForeignKey:
    schema, table = names.relations[row.target]
    key = ForeignKey(
        row.name,
        columns,
        schema,
        table,
        _column_names(row.target, row.target_columns, names),
        _ACTIONS[row.on_delete],
        _ACTIONS[row.on_update],
        match=_MATCHES[row.match],
        comment=comment,
    )
    if rare is None:
        return key
    return replace(
        key,
        on_delete_columns=_column_names(row.table, rare["on_delete_columns"], names),
        is_validated=rare["is_validated"],
        is_enforced=rare["is_enforced"],
        is_period=rare["is_period"],
        is_inherited=not rare["is_local"],
        **_deferral(rare),
    )


def _check(row: _Row, columns: tuple[str, ...], comment: str | None, rare: dict[str, Any] | None) -> CheckConstraint:
    check = CheckConstraint(row.name, row.text or "", tuple(sorted(columns)), comment=comment)
    return check if rare is None else replace(check, **_state(rare))


def _state(rare: dict[str, Any]) -> dict[str, Any]:
    return {
        "is_validated": rare["is_validated"],
        "is_enforced": rare["is_enforced"],
        "is_no_inherit": rare["is_no_inherit"],
        "is_inherited": rare["has_parents"] and not rare["is_local"],
    }


def _exclusion(row: _Row, comment: str | None, rare: dict[str, Any] | None) -> ExclusionConstraint:
    rule = ExclusionConstraint(row.name, row.text or "", comment=comment)
    return rule if rare is None else replace(rule, **_deferral(rare), is_inherited=not rare["is_local"])


def _not_null(row: _Row, column: str, comment: str | None, rare: dict[str, Any] | None) -> NotNullConstraint:
    rule = NotNullConstraint(row.name, column, comment=comment)
    return rule if rare is None else replace(rule, **_state(rare))
