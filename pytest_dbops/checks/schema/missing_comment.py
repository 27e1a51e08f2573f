"""SCH031."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.core.catalog import Catalog, quote_identifier
from pytest_dbops.core.check import Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check(
    "SCH031",
    category="schema",
    severity=Severity.INFO,
    backends=("postgresql",),
    settings={"enabled": False, "columns": False},
)
def missing_comment(catalog: Catalog, settings: Settings) -> Iterator[Finding]:
    """A table has no comment.

    Who meets the table in a query tool or a generated document learns nothing of it but its name. Off unless
    asked for; `columns = true` asks for a comment on each column too.

    Say what one row stands for: COMMENT ON TABLE ... IS '...'.
    """
    for table in designed_tables(catalog):
        if not (table.comment or "").strip():
            yield Finding(
                table.display,
                f"table {table.display!r} has no comment",
                hint=f"COMMENT ON TABLE {table.quoted} IS '<what one row stands for>';",
            )
        bare = [column.name for column in table.columns if not (column.comment or "").strip()]
        for name in bare if settings.flag("columns") else ():
            yield Finding(
                column_display(table, name),
                f"column {column_display(table, name)!r} has no comment",
                hint=f"COMMENT ON COLUMN {table.quoted}.{quote_identifier(name)} IS '<what it holds, in which unit>';",
            )
