"""INT009."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.checks.integrity._reading import Unread, noting, read_tables, refuse_unread, unjudged
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

_TEXTS = {"text", "character varying", "varchar", "character", "char", "nvarchar", "clob"}


@check(
    "INT009",
    category="integrity",
    severity=Severity.WARNING,
    cost=Cost.FULL,
    privilege=Privilege.SELECT,
    settings={"most_rows": 2_000_000, "case_matters": ()},
)
def key_that_differs_by_case_or_space(catalog: Catalog, session: Session, settings: Settings) -> Iterator[Finding]:
    """Two rows have the same natural key but for upper case, or for spaces around it.

    `Anna@example.com` and `anna@example.com ` are one person with two accounts: a login finds the one, an import the
    other. Judged are unique keys with a text in them, of tables of at most `most_rows` rows: keys are grouped, for
    which one statement must see all of them, and an info names a table that is larger. Without an answer in time raise
    `statement_timeout_s`, or lower `most_rows`. Where the case does matter (tokens, codes of a foreign system), name
    the columns in `case_matters`, as in `["voucher.code"]`.

    Merge the rows, then let the database hold the rule: a unique index on `lower(trim(...))`, or citext.
    """
    unread: Unread = []
    excepted = set(settings.words("case_matters"))
    for table in read_tables(catalog):
        keys = [
            columns
            for columns in _natural_keys(table)
            if not any(f"{table.display}.{column}" in excepted for column in columns)
        ]
        if keys and table.estimated_rows > settings.number("most_rows"):
            yield from unjudged(table, settings.number("most_rows"))
        else:
            for columns in keys:
                with noting(unread, table.display):
                    yield from _near_duplicates(table, columns, session)
    refuse_unread(unread)


def _natural_keys(table: Table) -> list[tuple[str, ...]]:
    """Return the columns of unique keys that hold a text compared by its exact value."""
    found: dict[tuple[str, ...], None] = {}
    for index in table.indexes:
        columns = tuple(column for column in index.columns if column is not None)
        is_whole = len(columns) == len(index.keys) and index.predicate is None and index.is_valid
        is_exact = not any(key.collation or key.operator_class for key in index.keys)
        if index.is_unique and is_whole and is_exact and any(_is_text(table, column) for column in columns):
            found[columns] = None
    return list(found)


def _is_text(table: Table, column: str) -> bool:
    found = table.column(column)
    return found.type_name.lower() in _TEXTS and not found.is_array and not found.collation


def _near_duplicates(table: Table, columns: tuple[str, ...], session: Session) -> Iterator[Finding]:
    folded = ", ".join(
        f"lower(trim({sure_name(column)}))" if _is_text(table, column) else sure_name(column) for column in columns
    )
    filled = " AND ".join(f"{sure_name(column)} IS NOT NULL" for column in columns)
    name = sure_name(table.schema, table.name) if table.schema else sure_name(table.name)
    number = session.scalar(
        f"SELECT count(*) FROM (SELECT 1 AS one FROM {name} WHERE {filled}"  # noqa: S608  # quoted names
        f" GROUP BY {folded} HAVING count(*) > 1) AS d"
    )
    if number:
        shown = ", ".join(columns)
        yield Finding(
            f"{table.display}.{columns[0] if len(columns) == 1 else f'({shown})'}",
            f"{number} keys ({shown}) of {table.display!r} are there more than once but for case or spaces",
            hint=f"merge the rows, then CREATE UNIQUE INDEX ON {table.quoted} ({folded})",
        )
