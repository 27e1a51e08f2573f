"""SCH013."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from pytest_dbops.checks._pages import Page, read_whole_or_pages
from pytest_dbops.checks.schema._quoting import sure_name, sure_text
from pytest_dbops.checks.schema._rowids import read_highest_rowids
from pytest_dbops.checks.schema._sequences import Feed, feeds_of
from pytest_dbops.checks.schema._types import base_type
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.check import Cost, Privilege, check
from pytest_dbops.core.errors import LockNotFree, MissingPrivilege, TimedOut
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import ResultRow, Session
from pytest_dbops.core.severity import Severity

_READABLE = """
SELECT
  f.place,
  has_column_privilege(t.oid, f."column", 'SELECT')
    AND has_sequence_privilege(s.oid, 'SELECT')
    AND NOT row_security_active(t.oid) AS is_readable
FROM json_to_recordset(CAST(:feeds AS json)) AS f(
  place integer, schema text, "table" text, "column" text, sequence_schema text, sequence text
)
JOIN pg_catalog.pg_namespace AS tn ON tn.nspname = f.schema
JOIN pg_catalog.pg_class AS t ON t.relnamespace = tn.oid AND t.relname = f."table"
JOIN pg_catalog.pg_namespace AS sn ON sn.nspname = f.sequence_schema
JOIN pg_catalog.pg_class AS s ON s.relnamespace = sn.oid AND s.relname = f.sequence
"""
_NUMBERS = ("smallint", "integer", "bigint", "numeric")
_COUNTED = "SELECT name, seq FROM sqlite_sequence"


@check(
    "SCH013",
    category="schema",
    severity=Severity.ERROR,
    cost=Cost.SAMPLE,
    privilege=Privilege.SELECT,
)
def sequence_behind_its_column(catalog: Catalog, session: Session) -> Iterator[Finding]:
    """A sequence will next hand out a number that its column holds already.

    The next INSERT fails on a duplicate key, and goes on failing until the sequence has caught up. It comes from rows
    loaded with their ids, by a restore, a seed or a copy, without moving the sequence on. Judged are columns of a
    primary key or unique key; one that no index begins with is read in full, a page at a time where it is large. On
    SQLite nothing fails, since rowids are looked up as well; there an AUTOINCREMENT that is behind may give an id
    again that was promised never to return, and that is a warning.

    Set the sequence to the highest number in use.
    """
    if catalog.dialect == "sqlite":
        yield from _behind_on_sqlite(catalog, session)
        return
    feeds = [feed for feed in feeds_of(catalog) if _is_judged(catalog, feed)]
    readable = _readable_places(session, feeds)
    for row in read_positions(catalog, session, feeds, readable):
        yield from _behind(feeds[row["place"]], row)
    _refuse([feed for place, feed in enumerate(feeds) if place not in readable])


def _is_judged(catalog: Catalog, feed: Feed) -> bool:
    """Tell whether a number given twice would break a key: partitions are judged at their parent."""
    if feed.table.is_partition or feed.sequence.is_cycling or base_type(catalog, feed.column.type) not in _NUMBERS:
        return False
    key = feed.table.primary_key
    in_key = key is not None and feed.column.name in key.columns
    return in_key or any(index.is_unique and feed.column.name in index.columns for index in feed.table.indexes)


def _readable_places(session: Session, feeds: list[Feed]) -> list[int]:
    """Return which feeds the role may read in full."""
    if not feeds:
        return []
    rows = session.query(_READABLE, {"feeds": _as_json(feeds)})
    return sorted(row["place"] for row in rows if row["is_readable"])


def read_positions(
    catalog: Catalog, session: Session, feeds: list[Feed], places: list[int]
) -> Iterator[ResultRow]:  # fmt: skip
    """Yield how far the sequences and columns at some places are: at once, as indexes tell most; else one by one."""
    try:
        yield from session.query(_positions(feeds, places)) if places else ()
    except LockNotFree:
        raise
    except TimedOut:
        yield from read_positions_in_pages(catalog, session, feeds, places)


def read_positions_in_pages(
    catalog: Catalog, session: Session, feeds: list[Feed], places: list[int]
) -> Iterator[ResultRow]:  # fmt: skip
    """Yield the same, each column read a page at a time: one that is not the first of an index is read in full."""
    for place in places:
        feed = feeds[place]
        ends = [each for _, each in read_whole_or_pages(catalog, feed.table, session, partial(_ends, feed, session))]
        sequence = sure_name(feed.sequence.schema, feed.sequence.name)
        (counted,) = session.query(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608  # quoted names
        found = [value for both in ends for value in both if value is not None]
        yield {**counted, "place": place, "high": max(found, default=None), "low": min(found, default=None)}


def _ends(feed: Feed, session: Session, page: Page) -> tuple[int | None, int | None]:
    column, table = sure_name(feed.column.name), sure_name(feed.table.schema, feed.table.name)
    sql = f"SELECT max({column}) AS high, min({column}) AS low FROM {table} WHERE {page.condition()}"  # noqa: S608  # as above
    (row,) = session.query(sql, page.params)
    return row["high"], row["low"]


def _positions(feeds: list[Feed], places: list[int]) -> str:
    return " UNION ALL ".join(_position(place, feeds[place]) for place in places)


def _position(place: int, feed: Feed) -> str:
    column, table = sure_name(feed.column.name), sure_name(feed.table.schema, feed.table.name)
    sequence = sure_name(feed.sequence.schema, feed.sequence.name)
    return (
        f"SELECT {place:d} AS place, (SELECT max({column}) FROM {table}) AS high,"  # noqa: S608  # quoted names
        f" (SELECT min({column}) FROM {table}) AS low, last_value, is_called FROM {sequence}"
    )


def _behind(feed: Feed, position: ResultRow) -> Iterator[Finding]:
    step = feed.sequence.increment
    following = position["last_value"] + (step if position["is_called"] else 0)
    extreme = position["high"] if step > 0 else position["low"]
    if extreme is None or (following > extreme if step > 0 else following < extreme):
        return
    word = "up" if step > 0 else "down"
    yield Finding(
        feed.display,
        f"sequence {feed.sequence.display!r} will next give {following}, "
        f"but {feed.display!r} is already {word} to {extreme}",
        hint=f"SELECT setval({sure_text(feed.sequence.quoted)}, {extreme});",
        identity=feed.sequence.display,
    )


def _behind_on_sqlite(catalog: Catalog, session: Session) -> Iterator[Finding]:
    counting = [table for table in catalog.tables if table.primary_key and table.primary_key.is_autoincrement]
    if not counting:
        return
    counted = {row["name"]: row["seq"] for row in session.query(_COUNTED)}
    for table, rowid in read_highest_rowids(catalog, session):
        if table in counting and (counted.get(table.name) or 0) < rowid:
            yield Finding(
                table.display,
                f"sqlite_sequence has {table.display!r} at {counted.get(table.name, 'nothing')}, "
                f"but it is already up to {rowid}",
                hint=_sqlite_hint(table, rowid, is_there=table.name in counted),
                severity=Severity.WARNING,
            )


def _sqlite_hint(table: Table, rowid: int, *, is_there: bool) -> str:
    name = sure_text(table.name)
    if is_there:
        return f"UPDATE sqlite_sequence SET seq = {rowid} WHERE name = {name};"  # noqa: S608  # text to show, quoted
    return f"INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {rowid});"  # noqa: S608  # text to show, quoted


def _as_json(feeds: list[Feed]) -> str:
    return json.dumps(
        [
            {
                "place": place,
                "schema": feed.table.schema,
                "table": feed.table.name,
                "column": feed.column.name,
                "sequence_schema": feed.sequence.schema,
                "sequence": feed.sequence.name,
            }
            for place, feed in enumerate(feeds)
        ]
    )


def _refuse(feeds: list[Feed]) -> None:
    if feeds:
        first = feeds[0]
        raise MissingPrivilege(
            f"{len(feeds)} column(s) with a sequence cannot be compared, {first.display!r} among them: the role needs "
            f"SELECT on {first.table.quoted} and {first.sequence.quoted}, past row-level security"
        )
