"""Run statements over many rows on a scratch copy, and count the entries each leaves; all of it is rolled back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from pytest_dbops.backends.sqlite.audit.triggers import quoted
from pytest_dbops.backends.sqlite.urls import place_of
from pytest_dbops.core.audit.state import AuditRehearsal, BulkResult
from pytest_dbops.core.audit.wanted import AuditedTable, Wanted

_OTHER_TRIGGERS = (
    r"SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE 'dbops\_audit\_%' ESCAPE '\'"
)
_LAST = "SELECT coalesce(max(id), 0) FROM dbops_audit_log"
_ROWS = "SELECT count(*) FROM {}"
_COUNT = """
SELECT count(*), coalesce(sum((operation = 'INSERT') - (operation = 'DELETE')), 0)
FROM dbops_audit_log
WHERE id > ? AND table_name = ?
"""


def silence(url: str) -> None:
    """Drop, from a file of ours, the triggers that refuse rows or add changes."""
    with closing(sqlite3.connect(place_of(url).path, isolation_level=None)) as connection:
        for (name,) in connection.execute(_OTHER_TRIGGERS).fetchall():
            connection.execute(f"DROP TRIGGER {quoted(name)}")


def rehearse_bulk(url: str, wanted: Wanted) -> AuditRehearsal:
    """Try every audited table that has rows; url: of a file of ours."""
    results: list[BulkResult] = []
    unjudged: list[tuple[str, str]] = []
    with closing(sqlite3.connect(place_of(url).path, isolation_level=None)) as connection:
        # Rules of the values keep one column from being changed alone.
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for table in wanted.tables:
            connection.execute("BEGIN")
            try:
                found, reasons = _tried(connection, table)
            finally:
                connection.execute("ROLLBACK")
            results += found
            unjudged += ((table.display, reason) for reason in reasons)
    return AuditRehearsal(tuple(results), tuple(unjudged))


def _tried(connection: sqlite3.Connection, table: AuditedTable) -> tuple[list[BulkResult], list[str]]:
    place = quoted(table.name)
    listed = ", ".join(quoted(name) for name in _stored(connection, table))
    (rows,) = connection.execute(_ROWS.format(place)).fetchone()
    if not rows:
        return [], ["no row could be made for it"]
    connection.execute(f"CREATE TEMP TABLE kept AS SELECT {listed} FROM {place}")  # noqa: S608  # as above
    results: list[BulkResult] = []
    reasons: list[str] = []
    for update in _updates(table):
        if _measure(connection, table, "UPDATE", update, results):
            break
    else:
        if set(table.columns) - set(table.key):
            reasons.append("UPDATE: no column can be changed freely")
    for kind, sql in (
        ("DELETE", f"DELETE FROM {place}"),  # noqa: S608  # as above
        ("INSERT", f"INSERT INTO {place} ({listed}) SELECT {listed} FROM temp.kept"),  # noqa: S608  # as above
    ):
        before = f"DELETE FROM {place}" if kind == "INSERT" else ""  # noqa: S608  # as above
        if not _measure(connection, table, kind, sql, results, before=before):
            reasons.append(f"{kind}: it is refused")
    connection.execute("DROP TABLE temp.kept")
    return results, reasons


def _updates(table: AuditedTable) -> Iterator[str]:
    place = quoted(table.name)
    for name in table.columns:
        if name in table.key:
            continue
        column = quoted(name)
        for value, condition in (
            (f"CASE WHEN {column} > 0 THEN {column} - 1 ELSE {column} + 1 END",
             f"typeof({column}) = 'integer' OR typeof({column}) = 'real' AND abs({column}) < 1e12"),
            (f"CASE substr({column}, 1, 1) WHEN 'x' THEN 'y' ELSE 'x' END || substr({column}, 2)",
             f"typeof({column}) = 'text'"),
            ("NULL", f"{column} IS NOT NULL"),
        ):  # fmt: skip
            yield f"UPDATE {place} SET {column} = {value} WHERE {condition}"  # noqa: S608  # as above


def _measure(
    connection: sqlite3.Connection, table: AuditedTable, kind: str, sql: str, results: list[BulkResult], *,
    before: str = "",
) -> bool:  # fmt: skip
    """Run one statement behind a savepoint, count, and take it back; returns whether it touched a row."""
    connection.execute("SAVEPOINT tried")
    try:
        if before:
            connection.execute(before)
        (last,) = connection.execute(_LAST).fetchone()
        (there,) = connection.execute(_ROWS.format(quoted(table.name))).fetchone()
        rows: int = connection.execute(sql).rowcount
        entries, added = connection.execute(_COUNT, (last, table.root_name)).fetchone()
        (left,) = connection.execute(_ROWS.format(quoted(table.name))).fetchone()
        # What ON CONFLICT REPLACE removes fires no trigger (SQLite, "PRAGMA recursive_triggers").
        rows += abs(there + added - left)
    except sqlite3.Error:
        return False
    finally:
        connection.execute("ROLLBACK TO tried")
        connection.execute("RELEASE tried")
    if rows > 0:
        results.append(BulkResult(table.display, kind, rows, entries))
    return bool(rows)


def _stored(connection: sqlite3.Connection, table: AuditedTable) -> list[str]:
    """Return the columns that take values: those that are computed do not."""
    rows = connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", (table.name,))
    return [str(name) for (name,) in rows]
