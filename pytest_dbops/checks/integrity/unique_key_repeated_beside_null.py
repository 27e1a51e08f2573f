"""INT017."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.integrity._reading import Unread, noting, read_tables, refuse_unread, unjudged
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, Column, Index, Table
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

_TIMES_AND_FLAGS = ("date", "time", "bool")


@check(
    "INT017",
    category="integrity",
    severity=Severity.WARNING,
    cost=Cost.FULL,
    privilege=Privilege.SELECT,
    settings={"most_rows": 2_000_000, "null_is_meant": ()},
)
def unique_key_repeated_beside_null(catalog: Catalog, session: Session, settings: Settings) -> Iterator[Finding]:
    """Rows repeat a unique key that has a NULL in it, which the key does not see.

    NULL equals nothing, so `UNIQUE (email, deleted_at)` takes any number of rows of one address that are not deleted:
    the very rows it was made for. Judged are keys of several columns, of tables of at most `most_rows` rows: keys are
    grouped, for which one statement must see all of them, and an info names a table that is larger. Without an answer
    in time raise `statement_timeout_s`, or lower `most_rows`. What is NULL must be a reference, a time or a yes-or-no,
    and beside it something must be filled that is none of these and names the row: many rows without an external
    number, or of one tenant, are no repetition. Where such rows are meant, name the column that may be NULL in
    `null_is_meant`, as in `["booking.cancelled_at"]`.

    Merge the rows, then close the hole: `NULLS NOT DISTINCT` (PostgreSQL 15), or a unique index on the other columns
    WHERE the last IS NULL.
    """
    unread: Unread = []
    meant = set(settings.words("null_is_meant"))
    for table in read_tables(catalog):
        holes = [
            (index, column)
            for index in table.indexes
            for column in _holes(table, index)
            if f"{table.display}.{column}" not in meant
        ]
        if holes and table.estimated_rows > settings.number("most_rows"):
            yield from unjudged(table, settings.number("most_rows"))
        else:
            for index, column in holes:
                with noting(unread, table.display):
                    yield from _repeated(table, index, column, session)
    refuse_unread(unread)


def _holes(table: Table, index: Index) -> Iterator[str]:
    """Yield the columns of a unique key that say when or whose, and may be NULL beside one that says what."""
    columns = [column for column in index.columns if column is not None]
    is_judged = index.is_unique and index.is_valid and not index.nulls_not_distinct and index.predicate is None
    if not is_judged or index.is_primary or len(columns) != len(index.keys):
        return
    referring = {column for key in table.foreign_keys for column in key.columns}
    markers = [column for column in columns if column in referring or _is_marker(table.column(column))]
    if len(markers) < len(columns):
        yield from (column for column in markers if not table.column(column).not_null)


def _is_marker(column: Column) -> bool:
    return any(word in column.type_name.lower() for word in _TIMES_AND_FLAGS)


def _repeated(table: Table, index: Index, hole: str, session: Session) -> Iterator[Finding]:
    columns = [column for column in index.columns if column is not None]
    others = [column for column in columns if column != hole]
    name = sure_name(table.schema, table.name) if table.schema else sure_name(table.name)
    filled = " AND ".join(f"{sure_name(column)} IS NOT NULL" for column in others)
    number = session.scalar(
        f"SELECT count(*) FROM (SELECT 1 AS one FROM {name} WHERE {sure_name(hole)} IS NULL AND {filled}"  # noqa: S608  # quoted names
        f" GROUP BY {', '.join(map(sure_name, others))} HAVING count(*) > 1) AS d"
    )
    if number:
        keys = ", ".join(map(sure_name, others))
        yield Finding(
            f"{table.display}.{hole}",
            f"{number} keys ({', '.join(others)}) of {table.display!r} occur more than once where {hole!r} is NULL, "
            f"past unique index {index.name!r}",
            hint=f"merge the rows, then CREATE UNIQUE INDEX ON {table.quoted} ({keys}) WHERE {sure_name(hole)} IS NULL",
            identity=index.name,
        )
