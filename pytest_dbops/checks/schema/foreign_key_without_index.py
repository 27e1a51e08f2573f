"""SCH004."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._keys import deciding_columns, finds, indexes_with_rowid
from pytest_dbops.checks.schema._scope import column_display, designed_tables, partitions_of
from pytest_dbops.checks.schema._statements import create_index
from pytest_dbops.core.catalog import Catalog, ForeignKey, Table
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check(
    "SCH004",
    category="schema",
    severity=Severity.WARNING,
    settings={"large_rows": 1_000_000, "small_rows": 1_000},
)
def foreign_key_without_index(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """A foreign key has no index that finds the rows which refer to a given one.

    Each DELETE on the table referred to, and each UPDATE of its key, reads the whole referring table to see
    whether a row is left without its parent, and holds locks meanwhile; joins from the parent do the same.
    Counted as an index: any usable one whose leading keys are the foreign key's columns in any order, also one
    that leaves out rows where they are NULL; of a composite key, the column that other foreign keys share (a
    tenant's id) may be missing. A table known to have `large_rows` makes it an error, one below
    `small_rows` a note.

    Create an index on the foreign key's columns.
    """
    for table in designed_tables(catalog):
        for foreign_key in table.foreign_keys:
            if foreign_key.is_enforced and not _is_found(catalog, table, foreign_key):
                yield _finding(catalog, table, foreign_key, settings)


def _is_found(catalog: Catalog, table: Table, foreign_key: ForeignKey) -> bool:
    """Tell whether the table, or else each of its partitions, has an index that finds the key."""
    deciding = deciding_columns(table, foreign_key)
    if any(finds(index, foreign_key.columns, deciding=deciding) for index in indexes_with_rowid(table)):
        return True
    partitions = partitions_of(catalog, table) if table.partition_key is not None else ()
    return bool(partitions) and all(_is_found(catalog, partition, foreign_key) for partition in partitions)


def _finding(catalog: Catalog, table: Table, foreign_key: ForeignKey, settings: Settings) -> Finding:
    rows = table.estimated_rows
    columns = ", ".join(foreign_key.columns)
    known = f"; the table has about {rows:.0f} rows" if rows > 0 else ""
    return Finding(
        column_display(table, *foreign_key.columns),
        f"no index finds rows of {table.display!r} by ({columns}), which refers to {foreign_key.target!r}{known}",
        hint=create_index(catalog, table, foreign_key.columns),
        identity=foreign_key.target,
        severity=_severity(rows, settings),
    )


def _severity(rows: float, settings: Settings) -> Severity:
    """Return how bad it is; an unknown or zero number of rows says nothing of the table to come."""
    if rows >= settings.number("large_rows"):
        return Severity.ERROR
    return Severity.INFO if 0 < rows < settings.number("small_rows") else Severity.WARNING
