"""SCH013."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_dbops.checks.schema._rowids import read_highest_rowids
from pytest_dbops.checks.schema._sequences import Feed, feeds_of
from pytest_dbops.core.catalog import Catalog, Table
from pytest_dbops.core.check import Cost, Privilege, check
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.session import Session
from pytest_dbops.core.severity import Severity

# query_to_xml is the one way to ask many tables in one statement whose text is fixed; the server quotes the
# names. Feeds come as rows of JSON (PostgreSQL manual, "XML Functions" and "JSON Functions").
_POSITIONS = """
WITH wanted AS (
  SELECT
    f.place,
    f.schema,
    f."table",
    f."column",
    f.sequence_schema,
    f.sequence,
    to_regclass(format('%I.%I', f.schema, f."table"))::oid AS table_oid,
    to_regclass(format('%I.%I', f.sequence_schema, f.sequence))::oid AS sequence_oid
  FROM json_to_recordset(CAST(:feeds AS json)) AS f(
    place integer, schema text, "table" text, "column" text, sequence_schema text, sequence text
  )
), readable AS (
  SELECT
    wanted.*,
    has_column_privilege(table_oid, "column", 'SELECT')
      AND has_sequence_privilege(sequence_oid, 'SELECT')
      AND NOT row_security_active(table_oid) AS is_readable
  FROM wanted
  WHERE table_oid IS NOT NULL AND sequence_oid IS NOT NULL
)
SELECT
  place,
  is_readable,
  CASE WHEN is_readable THEN query_to_xml(
    format('SELECT max(%1$I) AS high, min(%1$I) AS low FROM %2$I.%3$I', "column", schema, "table"), TRUE, TRUE, ''
  )::text END AS keys,
  CASE WHEN is_readable THEN query_to_xml(
    format('SELECT last_value AS last, is_called AS called FROM %I.%I', sequence_schema, sequence), TRUE, TRUE, ''
  )::text END AS position
FROM readable
ORDER BY place
"""
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

    The next INSERT fails on a duplicate key, and goes on failing until the sequence has caught up. It comes from
    rows loaded with their ids, by a restore, a seed or a copy, without moving the sequence on. Judged are
    columns of a primary key or unique key. On SQLite nothing fails, since rowids are looked up as well; there an
    AUTOINCREMENT that is behind may give an id again that was promised never to return, and that is a warning.

    Set the sequence to the highest number in use.
    """
    if catalog.dialect == "sqlite":
        yield from _behind_on_sqlite(catalog, session)
        return
    feeds = [feed for feed in feeds_of(catalog) if _is_unique(feed) and not feed.sequence.is_cycling]
    rows = session.query(_POSITIONS, {"feeds": _as_json(feeds)}) if feeds else ()
    for row in rows:
        if row["is_readable"]:
            yield from _behind(feeds[row["place"]], _Position.parse(row["keys"], row["position"]))
    _refuse([feeds[row["place"]] for row in rows if not row["is_readable"]])


@dataclass(frozen=True, slots=True)
class _Position:
    """Where a sequence and its column stand; `high` and `low` are None for an empty table."""

    high: int | None
    low: int | None
    last: int
    is_called: bool

    @classmethod
    def parse(cls, keys: str, position: str) -> _Position:
        """Read the two small XML texts the server made."""
        last = _number(position, "last")
        return cls(_number(keys, "high"), _number(keys, "low"), last or 0, "<called>true</called>" in position)


def _number(xml: str, name: str) -> int | None:
    match = re.search(rf"<{name}>(-?\d+)</{name}>", xml)
    return int(match.group(1)) if match else None


def _behind(feed: Feed, position: _Position) -> Iterator[Finding]:
    step = feed.sequence.increment
    following = position.last + step if position.is_called else position.last
    extreme = position.high if step > 0 else position.low
    if extreme is None or (following > extreme if step > 0 else following < extreme):
        return
    word = "up" if step > 0 else "down"
    yield Finding(
        feed.display,
        f"sequence {feed.sequence.display!r} will next give {following}, "
        f"but {feed.display!r} is already {word} to {extreme}",
        hint=f"SELECT setval({_literal(feed.sequence.quoted)}, {extreme});",
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
                f"sqlite_sequence has {table.display!r} at {counted.get(table.name)}, but it is already up to {rowid}",
                hint=_sqlite_hint(table, rowid, is_there=table.name in counted),
                severity=Severity.WARNING,
            )


def _sqlite_hint(table: Table, rowid: int, *, is_there: bool) -> str:
    name = _literal(table.name)
    if is_there:
        return f"UPDATE sqlite_sequence SET seq = {rowid} WHERE name = {name};"  # noqa: S608  # text to show, quoted
    return f"INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {rowid});"  # noqa: S608  # text to show, quoted


def _is_unique(feed: Feed) -> bool:
    if feed.table.partition_bound is not None:
        return False
    key = feed.table.primary_key
    in_key = key is not None and feed.column.name in key.columns
    return in_key or any(index.is_unique and feed.column.name in index.columns for index in feed.table.indexes)


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


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
