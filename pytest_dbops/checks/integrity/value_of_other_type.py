"""INT013."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.integrity._reading import Unread, noting, read_tables, refuse_unread
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, Column, Table
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session, Statistics
from pytest_dbops.core.severity import Severity

_ALLOWED = {
    "INT": ("integer",),
    "CHAR": ("text",),
    "CLOB": ("text",),
    "TEXT": ("text",),
    "REAL": ("real",),
    "FLOA": ("real",),
    "DOUB": ("real",),
    "BOOL": ("integer",),
    "NUMERIC": ("integer", "real"),
    "DECIMAL": ("integer", "real"),
}
"""What a value of a declared type is stored as (SQLite, "Determination Of Column Affinity"); dates are free."""


@check(
    "INT013",
    category="integrity",
    severity=Severity.WARNING,
    cost=Cost.SAMPLE,
    privilege=Privilege.SELECT,
    settings={"sampled_rows": 10_000},
)
def value_of_other_type(
    catalog: Catalog, session: Session, statistics: Statistics, settings: Settings
) -> Iterator[Finding]:
    """Values are not of the type their column declares, or texts of no known encoding.

    SQLite keeps whatever it is given: a text in an integer column sorts behind all numbers, is left out of sums, and
    breaks the program that reads it. Of each table that is not STRICT the newest `sampled_rows` rows are looked at.
    PostgreSQL checks types itself, but a database whose encoding is SQL_ASCII takes any bytes as text: dumps of it
    cannot be restored elsewhere.

    Convert the values and make the table STRICT. On PostgreSQL dump, convert and restore into a database in UTF8.
    """
    if catalog.dialect == "postgresql":
        if statistics.settings.get("server_encoding") == "SQL_ASCII":
            yield Finding(
                "encoding",
                "the database's encoding is SQL_ASCII, so texts are bytes of no known encoding",
                hint="dump it, convert the texts, and restore into a database WITH ENCODING 'UTF8'",
            )
        return
    unread: Unread = []
    for table in read_tables(catalog):
        columns = [(column, allowed) for column in table.columns if (allowed := _allowed(column))]
        if columns and not table.is_strict:
            with noting(unread, table.display):
                yield from _odd_values(table, columns, session, settings)
    refuse_unread(unread)


def _allowed(column: Column) -> tuple[str, ...]:
    declared = column.type.upper()
    return next((stored for word, stored in _ALLOWED.items() if word in declared), ())


def _odd_values(
    table: Table, columns: list[tuple[Column, tuple[str, ...]]], session: Session, settings: Settings
) -> Iterator[Finding]:
    sums = ", ".join(
        f"total(typeof({sure_name(column.name)}) NOT IN ({', '.join(map(repr, (*allowed, 'null')))})) AS c{n}"
        for n, (column, allowed) in enumerate(columns)
    )
    order = "" if table.is_without_rowid else " ORDER BY _rowid_ DESC"
    names = ", ".join(sure_name(column.name) for column, _ in columns)
    most = int(settings.number("sampled_rows"))
    statement = f"SELECT {sums} FROM (SELECT {names} FROM {sure_name(table.name)}{order} LIMIT {most:d})"  # noqa: S608
    (row,) = session.query(statement)
    for n, (column, allowed) in enumerate(columns):
        if row[f"c{n}"]:
            yield Finding(
                f"{table.display}.{column.name}",
                f"{row[f'c{n}']:.0f} values of {table.display}.{column.name} ({column.type}) are not stored as "
                f"{' or '.join(allowed)}",
                hint="convert them, and make the table STRICT",
            )
