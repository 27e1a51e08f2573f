"""Rows with less that is special about them, to find out what of it a table refuses."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.migrating.filling.rows import PlannedRow


def simpler(row: PlannedRow, plain: PlannedRow) -> Iterator[PlannedRow]:
    """Yield two rows with half of a row's boundary values each; none for a row with one of them or none.

    Columns that lose theirs have the plain row's value, unless keys or rules tie them to others.
    """
    special = [name for name, value in row.values.items() if value.label and not plain.values[name].label]
    if len(special) < 2:
        return
    middle = len(special) // 2
    for dropped in (special[middle:], special[:middle]):
        values = {name: plain.values[name] if name in dropped else value for name, value in row.values.items()}
        yield PlannedRow(values, "remaining")
