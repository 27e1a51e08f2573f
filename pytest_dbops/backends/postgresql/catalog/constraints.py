"""Constraints of tables and domains from the rows of pg_constraint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_dbops.backends.postgresql.catalog.names import Names
from pytest_dbops.core.catalog import (
    CheckConstraint,
    ExclusionConstraint,
    ForeignKey,
    KeyConstraint,
    NotNullConstraint,
)

_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCHES = {"s": "SIMPLE", "f": "FULL", "p": "PARTIAL"}


@dataclass(frozen=True, slots=True)
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
    on_delete_columns: Sequence[int] | None
    is_deferrable: bool
    is_deferred: bool
    is_validated: bool
    is_enforced: bool
    is_period: bool
    is_local: bool
    is_inherited: bool
    is_no_inherit: bool
    index_oid: int
    parent: int
    text: str | None


def build_constraints(rows: Iterable[Sequence[Any]], names: Names) -> tuple[dict[int, Constraints], dict[int, str]]:
    """Return constraints by the oid of their table or domain, and the names of those behind indexes.

    A key's own oid of an index comes with it, since an index knows what its key leaves unsaid
    (INCLUDE columns, NULLS NOT DISTINCT).
    """
    found = sorted(map(_Row._make, rows), key=_name)
    tables = {row.oid: row.table for row in found}
    result: dict[int, Constraints] = {}
    behind: dict[int, str] = {}
    for row in found:
        names.constraints[row.oid] = row.name
        if row.table and row.table not in names.columns:
            continue
        if row.kind in "pux":
            behind[row.index_oid] = row.name
        # For each partition of the table it points to, a foreign key has a row of its own.
        if row.kind == "f" and row.parent and tables.get(row.parent) == row.table:
            continue
        _add(result.setdefault(row.table or row.domain, Constraints()), row, names)
    return result, behind


def _name(row: _Row) -> str:
    return row.name


def _add(group: Constraints, row: _Row, names: Names) -> None:
    comment = names.comment("pg_constraint", row.oid)
    columns = _column_names(row.table, row.columns, names)
    if row.kind == "p":
        group.keys.append((row.index_oid, _key(row, columns, comment)))
    elif row.kind == "u":
        group.uniques.append((row.index_oid, _key(row, columns, comment)))
    elif row.kind == "f":
        group.foreign_keys.append(_foreign_key(row, columns, comment, names))
    elif row.kind == "c":
        group.checks.append(_check(row, columns, comment))
    elif row.kind == "x":
        group.exclusions.append(_exclusion(row, comment))
    elif row.kind == "n" and row.table:
        group.not_nulls.append(_not_null(row, columns, comment))
    elif row.kind == "n":
        group.not_nulls.append(_not_null(row, ("",), comment))


def _column_names(table: int, numbers: Sequence[int] | None, names: Names) -> tuple[str, ...]:
    if not table or not numbers:
        return ()
    columns = names.columns[table]
    return tuple([columns.get(number, "") for number in numbers])


def _key(row: _Row, columns: tuple[str, ...], comment: str | None) -> KeyConstraint:
    return KeyConstraint(
        row.name,
        columns,
        is_deferrable=row.is_deferrable,
        is_initially_deferred=row.is_deferred,
        is_period=row.is_period,
        is_inherited=not row.is_local,
        comment=comment,
    )


def _foreign_key(row: _Row, columns: tuple[str, ...], comment: str | None, names: Names) -> ForeignKey:
    schema, table = names.relations[row.target]
    return ForeignKey(
        row.name,
        columns,
        schema,
        table,
        _column_names(row.target, row.target_columns, names),
        _ACTIONS[row.on_delete],
        _ACTIONS[row.on_update],
        _column_names(row.table, row.on_delete_columns, names),
        _MATCHES[row.match],
        row.is_deferrable,
        row.is_deferred,
        row.is_validated,
        row.is_enforced,
        row.is_period,
        not row.is_local,
        comment,
    )


def _check(row: _Row, columns: tuple[str, ...], comment: str | None) -> CheckConstraint:
    return CheckConstraint(
        row.name,
        row.text or "",
        tuple(sorted(columns)),
        row.is_validated,
        row.is_enforced,
        row.is_no_inherit,
        row.is_inherited and not row.is_local,
        comment,
    )


def _exclusion(row: _Row, comment: str | None) -> ExclusionConstraint:
    return ExclusionConstraint(row.name, row.text or "", row.is_deferrable, row.is_deferred, not row.is_local, comment)


def _not_null(row: _Row, columns: tuple[str, ...], comment: str | None) -> NotNullConstraint:
    return NotNullConstraint(
        row.name,
        columns[0],
        row.is_validated,
        row.is_enforced,
        row.is_no_inherit,
        row.is_inherited and not row.is_local,
        comment,
    )
