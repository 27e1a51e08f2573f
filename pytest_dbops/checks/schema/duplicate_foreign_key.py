"""SCH010."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.checks.schema._statements import drop_constraint
from pytest_dbops.core.catalog import Catalog, ForeignKey, Table
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check("SCH010", category="schema", severity=Severity.WARNING)
def duplicate_foreign_key(catalog: Catalog) -> Iterator[Finding]:
    """A foreign key says what another one of the table says as well.

    Every write is checked twice, and two rules for a deleted parent (CASCADE here, RESTRICT there) contradict
    each other. One that follows from a wider foreign key to the same table is a note: it still holds for rows
    in which the wider one's other columns are NULL.

    Drop the foreign key whose rule is not the intended one.
    """
    for table in designed_tables(catalog):
        ordered = sorted(table.foreign_keys, key=lambda key: (-len(key.columns), key.name))
        for place, key in enumerate(ordered):
            wider = next((other for other in ordered[:place] if _implies(other, key)), None)
            if wider is not None:
                yield _finding(catalog, table, key, wider)


def _implies(wider: ForeignKey, key: ForeignKey) -> bool:
    same_target = (wider.target_schema, wider.target_table) == (key.target_schema, key.target_table)
    return same_target and _pairs(key) <= _pairs(wider) and wider.is_enforced and wider.is_period == key.is_period


def _pairs(key: ForeignKey) -> frozenset[tuple[str, str]]:
    return frozenset(zip(key.columns, key.target_columns, strict=False))


def _finding(catalog: Catalog, table: Table, key: ForeignKey, wider: ForeignKey) -> Finding:
    is_same = _pairs(key) == _pairs(wider)
    columns = column_display(table, *key.columns)
    verb = "repeats" if is_same else "follows from"
    return Finding(
        columns,
        f"foreign key {_name(key)} on {columns!r} to {key.target!r} {verb} {_name(wider)}{_contradiction(key, wider)}",
        hint=drop_constraint(catalog, table, key.name),
        identity=key.name or key.target,
        severity=Severity.WARNING if is_same else Severity.INFO,
    )


def _contradiction(key: ForeignKey, wider: ForeignKey) -> str:
    if key.on_delete == wider.on_delete:
        return ""
    return f", but says ON DELETE {key.on_delete} where that says {wider.on_delete}"


def _name(key: ForeignKey) -> str:
    return repr(key.name) if key.name else f"({', '.join(key.columns)})"
