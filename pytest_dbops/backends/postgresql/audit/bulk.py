"""Run statements over many rows on a scratch copy, and count the entries each leaves; all of it is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import psycopg

from pytest_dbops.backends.postgresql.audit.triggers import qualified
from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.faults import one_line
from pytest_dbops.backends.postgresql.pipeline import translated
from pytest_dbops.core.audit.state import AuditRehearsal, BulkResult
from pytest_dbops.core.audit.wanted import AuditedTable, Wanted
from pytest_dbops.core.session import Limits

_MERGE_SINCE = 150000
_OTHER_TRIGGERS = """
SELECT DISTINCT format('ALTER TABLE %s DISABLE TRIGGER USER', t.tgrelid::regclass)
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relkind IN ('r', 'p') AND n.nspname <> 'dbops'
"""
# References keep rows from going, and rules of the values keep one column from being changed alone.
# Only on the root: its partitions follow.
_CHECKS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', c.conrelid::regclass, c.conname)
FROM pg_constraint AS c
WHERE c.contype = 'c' AND c.conislocal AND c.coninhcount = 0 AND c.conrelid = ANY (%(family)s::regclass[])
"""
_REFERENCES = """
SELECT DISTINCT format('ALTER TABLE %%s DROP CONSTRAINT %%I', c.conrelid::regclass, c.conname)
FROM pg_constraint AS c
WHERE c.contype = 'f' AND c.conparentid = 0
    AND (c.confrelid = ANY (%(family)s::regclass[]) OR c.conrelid = ANY (%(family)s::regclass[]))
"""
_FORCED = """
SELECT format('ALTER TABLE %%s NO FORCE ROW LEVEL SECURITY', c.oid::regclass)
FROM pg_class AS c WHERE c.oid = ANY (%(family)s::regclass[]) AND c.relforcerowsecurity
"""
_COLUMNS = """
SELECT a.attname AS name, t.typcategory AS category, t.typname AS type, a.attnotnull AS not_null
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
_MERGE = """
MERGE INTO {place} AS t
USING (SELECT ctid AS dbops_c, tableoid AS dbops_o FROM {place}) AS s
ON t.ctid = s.dbops_c AND t.tableoid = s.dbops_o
WHEN MATCHED AND {condition} THEN UPDATE SET {column} = {value}
"""
_LAST = "SELECT coalesce(max(id), 0) FROM dbops.audit_log"
_COUNT = "SELECT count(*) FROM dbops.audit_log WHERE id > %s AND table_schema = %s AND table_name = %s"


def silence(url: str, *, limits: Limits) -> None:
    """Switch off, on a copy of ours, the triggers that refuse rows or add changes; url: of their tables' owner."""
    connection = connect(url, timeout_s=limits.connect_timeout_s, application="pytest-dbops audit")
    with closing(connection), translated(connection), connection.transaction():
        for (statement,) in connection.execute(_OTHER_TRIGGERS.encode()).fetchall():
            connection.execute(statement.encode())


def rehearse_bulk(url: str, wanted: Wanted, *, limits: Limits) -> AuditRehearsal:
    """Try every audited table that has rows; url: of a database of ours, entered as its owner."""
    results: list[BulkResult] = []
    unjudged: list[tuple[str, str]] = []
    with closing(connect(url, timeout_s=limits.connect_timeout_s, application="pytest-dbops audit")) as connection:
        for table in wanted.tables:
            trial = _Trial(connection, table, wanted)
            with translated(connection), connection.transaction(force_rollback=True):
                trial.run()
            results += trial.results
            unjudged += ((table.display, reason) for reason in trial.reasons)
    return AuditRehearsal(tuple(results), tuple(unjudged))


class _Trial:
    """One table in one transaction; what a statement changed is taken back before the next."""

    def __init__(self, connection: psycopg.Connection[Any], table: AuditedTable, wanted: Wanted) -> None:
        self.results: list[BulkResult] = []
        self.reasons: list[str] = []
        self._connection = connection
        self._table = table
        self._place = qualified(table.schema, table.name)
        self._root = qualified(table.root_schema, table.root_name)
        root = (table.root_schema, table.root_name)
        family = [each for each in wanted.tables if (each.root_schema, each.root_name) == root]
        self._family = [qualified(each.schema, each.name) for each in family]

    def run(self) -> None:
        """Run each kind of statement on all rows."""
        try:
            with self._connection.transaction():
                self._free()
        except psycopg.Error as err:
            self.reasons.append(_said(err))
            return
        rows = self._value(f"SELECT count(*) FROM {self._place}")  # noqa: S608  # names are quoted
        if not rows:
            # Of partitions, filling reaches one or the other; their root has told what there is to tell.
            if self._place == self._root:
                self.reasons.append("no row could be made for it")
            return
        self._update()
        self._measure("COPY", self._copied)
        self._measure("DELETE", self._running(f"DELETE FROM {self._place}"))  # noqa: S608  # names are quoted
        self._measure("TRUNCATE", self._running(f"TRUNCATE {self._place}", rows))

    def _free(self) -> None:
        for sql in (_REFERENCES, _CHECKS, _FORCED):
            for (statement,) in self._connection.execute(sql, {"family": self._family}).fetchall():
                self._connection.execute(statement.encode())

    def _update(self) -> None:
        """Change one column by the first way that the table's rules let through, by UPDATE and by MERGE."""
        place = self._place
        for column, value, condition in self._changes():
            update = f"UPDATE {place} SET {column} = {value} WHERE {condition}"  # noqa: S608  # names are quoted
            if not self._measure("UPDATE", self._running(update), may_fail=True):
                continue
            if self._connection.info.server_version >= _MERGE_SINCE:
                merge = _MERGE.format(place=place, condition=condition, column=column, value=value)
                self._measure("MERGE", self._running(merge))
            return
        if set(self._table.columns) - set(self._table.key):
            self.reasons.append("UPDATE: no column can be changed freely")

    def _changes(self) -> Iterator[tuple[str, str, str]]:
        """Yield columns with another value for each, and the rows that have one."""
        free = set(self._table.columns) - set(self._table.key)
        for name, category, kind, not_null in self._columns():
            if name not in free:
                continue
            column = _quoted(name)
            for value in _others(column, category, kind):
                # What is at the end of its range, or no number, stays what it is.
                yield column, value, f"{column} <> {value}"
            if not not_null:
                yield column, "NULL", f"{column} IS NOT NULL"

    def _copied(self) -> int:
        """Take all rows out, and let COPY put them in again; entries count from then on."""
        listed = ", ".join(_quoted(row[0]) for row in self._columns())
        with self._connection.cursor() as cursor:
            with cursor.copy(f"COPY (SELECT {listed} FROM {self._place}) TO STDOUT".encode()) as source:  # noqa: S608  # names are quoted
                data = b"".join(bytes(part) for part in source)
            rows = cursor.execute(f"DELETE FROM {self._place}".encode()).rowcount  # noqa: S608  # names are quoted
            self._last = self._value(_LAST)
            with cursor.copy(f"COPY {self._place} ({listed}) FROM STDIN".encode()) as target:
                target.write(data)
        return rows

    def _running(self, sql: str, rows: int | None = None) -> Callable[[], int]:
        """Return what runs a statement; rows: how many it touches, where the server does not tell."""

        def run() -> int:
            found = self._connection.execute(sql.encode()).rowcount
            return found if rows is None else rows

        return run

    def _measure(self, kind: str, work: Callable[[], int], *, may_fail: bool = False) -> bool:
        """Run one statement, count, and take it back; returns whether it touched a row."""
        rows = 0
        try:
            with self._connection.transaction(force_rollback=True):
                self._last = self._value(_LAST)
                rows = work()
                place = (self._last, self._table.root_schema, self._table.root_name)
                entries = self._value(_COUNT, place)
        except psycopg.errors.FeatureNotSupported:
            return False  # what the server does not do on this table, as MERGE where there are rules, escapes nothing
        except psycopg.Error as err:
            if not may_fail:
                self.reasons.append(f"{kind}: {_said(err)}")
            return False
        if not rows and not may_fail:
            self.reasons.append(f"{kind}: it touches no row")
        if rows:
            self.results.append(BulkResult(self._table.display, kind, rows, entries))
        return rows > 0

    def _columns(self) -> list[tuple[Any, ...]]:
        return self._connection.execute(_COLUMNS, {"table": self._place}).fetchall()

    def _value(self, sql: str, params: Sequence[object] = ()) -> int:
        row = self._connection.execute(sql.encode(), params or None).fetchone()
        assert row is not None
        return int(row[0])


def _others(column: str, category: str, kind: str) -> Iterator[str]:
    """Yield expressions for another value of a column, towards the middle of its range."""
    if category == "B":
        yield f"(NOT {column})"
    elif category == "N" and not kind.startswith("reg"):
        yield f"(CASE WHEN {column} > 0 THEN {column} - 1 ELSE {column} + 1 END)"
    elif category == "S":
        yield f"(CASE WHEN left({column}, 1) = 'x' THEN 'y' ELSE 'x' END || substr({column}, 2))"
    elif kind in ("date", "timestamp", "timestamptz"):
        day = "interval '1 day'"
        yield f"(CASE WHEN {column} > '2000-01-01' THEN {column} - {day} ELSE {column} + {day} END)"


def _said(err: psycopg.Error) -> str:
    return one_line(err.diag.message_primary or str(err))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
