"""INT006."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from pytest_dbops.checks._pages import Page, read_pages
from pytest_dbops.checks.integrity._reading import (
    SHOWN,
    Unread,
    key_columns,
    noting,
    read_tables,
    refuse_unread,
    sampled,
)
from pytest_dbops.checks.schema._quoting import sure_name
from pytest_dbops.core.catalog import Catalog, ForeignKey, Table
from pytest_dbops.core.check import Cost, Privilege, Settings, check
from pytest_dbops.core.errors import CannotJudge, LockNotFree, TimedOut
from pytest_dbops.core.evidence import json_value
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import ResultRow, Session
from pytest_dbops.core.severity import Severity

_ON_SQLITE = """
SELECT "table" AS child, parent, count(*) AS orphans
  FROM pragma_foreign_key_check
 GROUP BY 1, 2
 ORDER BY 1, 2
"""


@check(
    "INT006",
    category="integrity",
    severity=Severity.ERROR,
    cost=Cost.FULL,
    privilege=Privilege.SELECT,
    settings={"most_rows": 20_000_000},
)
def orphaned_row(catalog: Catalog, session: Session, settings: Settings) -> Iterator[Finding]:
    """A row refers to one that is not there.

    Joins leave it out, sums that go by the parent miss it, and a restore of the dump fails on the constraint. It comes
    from rows written while a foreign key was not yet validated, not enforced, its triggers disabled
    (`session_replication_role`), or, on SQLite, by a connection without `PRAGMA foreign_keys = ON`, which is the
    default. Every foreign key is judged, whatever its state, a page of its table at a time where that is large. On
    PostgreSQL a table of more than `most_rows` is sampled, and an info says so. SQLite is asked for the whole file by
    `PRAGMA foreign_key_check`, and key by key where that takes too long.

    Delete the rows or give them their parent, then validate the key: ALTER TABLE ... VALIDATE CONSTRAINT.
    """
    if catalog.dialect == "sqlite":
        yield from _of_file(catalog, session)
        return
    unread: Unread = []
    for table in read_tables(catalog):
        for key in table.foreign_keys:
            if not key.is_period:
                with noting(unread, table.display):
                    yield from _orphans(catalog, table, key, session, settings)
    refuse_unread(unread)


def _of_file(catalog: Catalog, session: Session) -> Iterator[Finding]:
    """Ask SQLite itself, which reads the whole file; where that takes too long, ask of each key, a page at a time."""
    try:
        found = session.query(_ON_SQLITE)
    except LockNotFree:
        raise
    except TimedOut:
        yield from orphans_by_key(catalog, session)
        return
    for row in found:
        yield _on_sqlite(row["child"], row["parent"] or "", row["orphans"])


def orphans_by_key(catalog: Catalog, session: Session) -> Iterator[Finding]:
    """Yield what `PRAGMA foreign_key_check` finds, by statements that each read a page of a table."""
    unread: Unread = []
    for table in read_tables(catalog):
        orphans = Counter[str]()
        with noting(unread, table.display):
            for key in table.foreign_keys:
                ask = partial(_orphans_of_page, table, key, session)
                for _, (_, number) in read_pages(catalog, table, session, ask):
                    orphans[key.target_table] += number
        for parent, number in sorted(orphans.items()):
            if number:
                yield _on_sqlite(table.name, parent, number)
    refuse_unread(unread)


def _on_sqlite(child: str, parent: str, number: int) -> Finding:
    return Finding(
        child,
        f"{number} rows of {child!r} refer to rows of {parent!r} that are not there",
        hint="delete them or give them their parent; open every connection with PRAGMA foreign_keys = ON",
        identity=parent,
    )


def _orphans(
    catalog: Catalog, table: Table, key: ForeignKey, session: Session, settings: Settings
) -> Iterator[Finding]:
    ask = partial(_orphans_of_page, table, key, session)
    rows: list[ResultRow] = []
    number, percent, stopped = 0, 100.0, None
    try:
        for page, (found, count) in read_pages(catalog, table, session, ask, most_rows=settings.number("most_rows")):
            rows, number, percent = [*rows, *found][:SHOWN], number + count, page.percent
    except CannotJudge as err:
        stopped = err  # what was found before counts all the same
    if number:
        yield Finding(
            f"{table.display}.{key.columns[0] if len(key.columns) == 1 else key.name}",
            f"{number} rows of {table.display!r} refer to rows of {key.target!r} that are not there ({key.name})",
            hint="delete them or give them their parent, then ALTER TABLE ... VALIDATE CONSTRAINT",
            evidence=tuple({name: json_value(value) for name, value in row.items()} for row in rows),
            identity=key.name,
        )
    if stopped is not None:
        raise stopped
    if not number:
        yield from sampled(table, percent)


def _orphans_of_page(
    table: Table, key: ForeignKey, session: Session, page: Page
) -> tuple[Sequence[ResultRow], int]:  # fmt: skip
    shown = dict.fromkeys((*key_columns(table), *key.columns))
    pairs = tuple(zip(key.columns, key.target_columns, strict=True))
    join = " AND ".join(f"p.{sure_name(theirs)} = c.{sure_name(mine)}" for mine, theirs in pairs)
    word = " OR " if key.match == "FULL" else " AND "
    has_value = word.join(f"c.{sure_name(mine)} IS NOT NULL" for mine in key.columns)
    place = (key.target_schema, key.target_table) if session.dialect == "postgresql" else (key.target_table,)
    statement = (
        f"SELECT {', '.join('c.' + sure_name(column) for column in shown)}"  # noqa: S608  # quoted names
        f" FROM {page.source('c')} WHERE {page.condition('c')} AND ({has_value}) AND NOT EXISTS"
        f" (SELECT 1 FROM {sure_name(*place)} AS p WHERE {join})"
    )
    return session.sample(statement, SHOWN, page.params)
