"""The tables of a schema that are to leave a trail, by the project's rules, and what the rules name in vain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.catalog import Catalog, Column, Table, TableKind
from pytest_dbops.core.frozen import frozen

_NO_TRIGGERS = {
    TableKind.FOREIGN: "is a foreign table, whose changes cannot be seen set by set",
    TableKind.VIRTUAL: "is a virtual table, which takes no triggers",
}


@frozen
class AuditedTable:
    """One table whose changes are recorded; a partition is one too, recorded under the name of its root.

    key: columns of the primary key, none where there is none. columns: all that are recorded, in order.
    tenant: the tenant column if the table has it. is_parent: whether only its partitions hold rows.
    """

    schema: str
    name: str
    display: str
    root_schema: str
    root_name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    masked: tuple[str, ...]
    excluded: tuple[str, ...]
    tenant: str
    is_parent: bool = False


@frozen
class Wanted:
    """All audited tables by name, and what cannot be done as asked: (subject, line)."""

    rules: AuditRules
    tables: tuple[AuditedTable, ...]
    problems: tuple[tuple[str, str], ...] = ()


def wanted_of(catalog: Catalog, rules: AuditRules) -> Wanted:
    """Return what the rules ask of a schema; partitions follow their root, whatever they are called."""
    roots = _Roots(catalog)
    chosen = [table for table in catalog.tables if _is_chosen(roots.of(table), rules)]
    problems = [(each.display, f"{each.display!r} {_NO_TRIGGERS[each.kind]}") for each in chosen if _is_out(each)]
    tables = tuple(_audited(table, roots.of(table), rules) for table in chosen if not _is_out(table))
    problems += [(pattern, f"[audit] tables {pattern!r} matches no table") for pattern in _vain(catalog, rules)]
    problems += list(_vain_columns(catalog, rules, {roots.of(table).display for table in chosen}))
    if rules.tenant and tables and not any(table.tenant for table in tables):
        problems.append((rules.tenant, f"[audit] tenant {rules.tenant!r} is a column of no audited table"))
    return Wanted(rules, tables, tuple(problems))


class _Roots:
    """Finds the partitioned table that a partition belongs to in the end."""

    def __init__(self, catalog: Catalog) -> None:
        self._by_display = {table.display: table for table in catalog.tables}

    def of(self, table: Table) -> Table:
        while table.is_partition and table.inherits and table.inherits[0] in self._by_display:
            table = self._by_display[table.inherits[0]]
        return table


def _is_chosen(root: Table, rules: AuditRules) -> bool:
    return not root.is_version_table and _matches(_names(root), rules.tables)


def _is_out(table: Table) -> bool:
    return table.kind in _NO_TRIGGERS


def _audited(table: Table, root: Table, rules: AuditRules) -> AuditedTable:
    names = [column.name for column in table.columns]
    excluded = tuple(name for name in names if _matches(_names(root, name), rules.exclude))
    return AuditedTable(
        table.schema, table.name, table.display, root.schema, root.name,
        key=tuple(root.primary_key.columns) if root.primary_key else (),
        columns=tuple(name for name in names if name not in excluded),
        masked=tuple(
            column.name
            for column in table.columns
            if _matches(_names(root, column.name), rules.mask) or _is_personal(_comment(root, column))
        ),
        excluded=excluded,
        tenant=rules.tenant if rules.tenant in names else "",
        is_parent=table.kind is TableKind.PARTITIONED,
    )  # fmt: skip


def _comment(root: Table, column: Column) -> str:
    """Return what is said of a column; a partition leaves it to its root."""
    return (root.column(column.name).comment if root.has_column(column.name) else None) or column.comment or ""


def _is_personal(comment: str) -> bool:
    """Whether a comment `dbops: pii=name, ...` marks personal data in plain text; ciphertext needs no mask."""
    mark, _, words = comment.partition("dbops:")
    told = [word.strip() for word in words.split(",")]
    return not mark.strip() and any(word.startswith("pii=") for word in told) and "encrypted" not in told


def _names(table: Table, column: str = "") -> tuple[str, ...]:
    end = f".{column}" if column else ""
    return (f"{table.display}{end}", f"{table.schema}.{table.name}{end}")


def _matches(names: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _vain(catalog: Catalog, rules: AuditRules) -> list[str]:
    named = [name for table in catalog.tables for name in _names(table)]
    return [pattern for pattern in rules.tables if not any(fnmatchcase(name, pattern) for name in named)]


def _vain_columns(catalog: Catalog, rules: AuditRules, chosen: set[str]) -> Iterable[tuple[str, str]]:
    named = [
        name
        for table in catalog.tables
        if table.display in chosen
        for column in table.columns
        for name in _names(table, column.name)
    ]
    for key, patterns in (("mask", rules.mask), ("exclude", rules.exclude)):
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in named):
                yield pattern, f"[audit] {key} {pattern!r} matches no column of an audited table"
