"""SCH032."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.schema._scope import column_display, designed_tables
from pytest_dbops.core.catalog import Catalog, Table, View, quote_identifier
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Statistics
from pytest_dbops.core.severity import Severity


@check("SCH032", category="schema", severity=Severity.WARNING, backends=("postgresql",), is_static=True)
def legacy_feature_in_use(catalog: Catalog, statistics: Statistics) -> Iterator[Finding]:
    """The schema uses large objects, table inheritance or rewrite rules.

    Large objects have no foreign key: nothing removes one whose row is gone, and logical replication leaves them
    out. A child table by INHERITS has none of its parent's keys and foreign keys, so ids repeat unseen. A rule
    rewrites the statement: RETURNING, row counts, sequences and COPY do not behave as with a trigger. Columns of
    type oid are named only where there are large objects they may point to.

    Keep files in bytea or a file store; use declarative partitions or plain tables; use triggers.
    """
    count = statistics.rows("large_objects")[0]["number"]
    if count:
        yield Finding(
            "large objects",
            f"the database holds {count} large objects, which no foreign key ties to a row",
            hint="move them to bytea columns, or run vacuumlo regularly",
            identity="large objects",
        )
    for table in designed_tables(catalog):
        yield from _inherited(table)
        if count:
            yield from _object_columns(table)
    holders: list[Table | View] = [*catalog.tables, *catalog.views]
    for holder in holders:
        yield from _ruled(holder)


def _inherited(table: Table) -> Iterator[Finding]:
    if table.inherits:
        yield Finding(
            table.display,
            f"table {table.display!r} inherits from {', '.join(map(repr, table.inherits))}: "
            "its parent's keys and foreign keys do not cover it",
            hint=f"ALTER TABLE {table.quoted} NO INHERIT {table.inherits[0]};",
            identity="inheritance",
        )


def _object_columns(table: Table) -> Iterator[Finding]:
    for column in table.columns:
        if column.type_name in ("oid", "lo"):
            subject = column_display(table, column.name)
            yield Finding(
                subject,
                f"column {subject!r} is {column.type}, the type that points to large objects",
                hint="keep the content in bytea, or the number in bigint if it is no large object",
                identity="large object column",
            )


def _ruled(holder: Table | View) -> Iterator[Finding]:
    for rule in holder.rules:
        yield Finding(
            f"{holder.display}.{rule.name}",
            f"rule {rule.name!r} rewrites statements on {holder.display!r}",
            hint=f"DROP RULE {quote_identifier(rule.name)} ON {holder.quoted}; (after writing a trigger in its place)",
            identity="rule",
        )
