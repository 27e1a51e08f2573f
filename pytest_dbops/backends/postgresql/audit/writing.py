"""The connection that installs, seals and erases: autocommit, one transaction a piece of work."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from typing import Any

import psycopg
from psycopg.rows import dict_row

from pytest_dbops.backends.postgresql.audit.reading import IN_DEFAULT, PARTITIONS, trail_behind
from pytest_dbops.backends.postgresql.audit.tables import DEFAULT, month_of, partition_name
from pytest_dbops.backends.postgresql.audit.triggers import GUARD_ROWS
from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.guard import driver_text, readable
from pytest_dbops.backends.postgresql.pipeline import translated
from pytest_dbops.core.audit.months import month_beside
from pytest_dbops.core.audit.port import Sealing, Trail, Writer
from pytest_dbops.core.audit.records import Expired, erasures_of, expired_json
from pytest_dbops.core.audit.sealed import Batch, Link, Seal
from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.session import Limits, Parameters, ResultRow

_POLL_S = 0.02
_SETTINGS = """
SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false),
    set_config('idle_in_transaction_session_timeout', '600000', false), set_config('row_security', 'off', false)
"""
_LAST_ID = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS id FROM dbops.audit_entry_id"
# A number of our own, and not the snapshot's xmax: that follows the last transaction that has ended, and one that is
# open may have a higher number.
_NEXT_XID = "SELECT pg_current_xact_id()::text::bigint AS xid"
_OLDEST_XID = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid"
_NOTED = "SELECT noted_xid, noted_id FROM dbops.audit_state"
_NOTE = "UPDATE dbops.audit_state SET noted_xid = %s, noted_id = %s"
_LOCK = "SELECT is_only FROM dbops.audit_state FOR UPDATE"
_CLOCK = """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS moment"""
_PUT_BATCH = """
INSERT INTO dbops.audit_batch (number, after_id, up_to_id, sealed_at, previous, hash) VALUES (%s, %s, %s, %s, %s, %s)
"""
_PUT_SEAL = """
INSERT INTO dbops.audit_seal (tenant, number, batch, entries, commitments, hashes, previous, hash)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_PUT_STATE = "UPDATE dbops.audit_state SET batches = %s, up_to_id = %s, hash = %s"
_RECORD = """
INSERT INTO dbops.audit_log (tenant, at, transaction_id, actor, role, table_schema, table_name, operation, changed)
VALUES (%s, clock_timestamp(), pg_current_xact_id()::text::bigint, %s, session_user, 'dbops', 'audit_log', %s, %s)
"""
_HELD = """
SELECT id, tenant FROM dbops.audit_log
WHERE id = ANY (%s) AND changed IS NOT NULL AND operation NOT IN ('ERASE', 'EXPIRE')
"""
_ERASE = "UPDATE dbops.audit_log SET changed = NULL, salt = NULL WHERE id = ANY (%s)"


@contextmanager
def open_writer(url: str, *, limits: Limits, application: str) -> Iterator[Writer]:
    """Connect and set the limits of every statement."""
    connection = connect(url, timeout_s=limits.connect_timeout_s, application=application)
    with closing(connection):
        with translated(connection):
            connection.execute(_SETTINGS, (_ms(limits.lock_timeout_s), _ms(limits.statement_timeout_s)))
        yield PostgresqlWriter(connection)


class PostgresqlWriter:
    """A connection that may write."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._known = 0

    def run(self, statements: Sequence[str]) -> None:
        """Run statements in one transaction."""
        with translated(self._connection), self._connection.transaction():
            for statement in statements:
                self._connection.execute(statement.encode())

    def final_id(self, wait_s: float) -> int:
        """Return an id below which nothing is still to become visible.

        An id is drawn by a transaction that has a number by then. So whoever has a number above `xid`, drawn after the
        last id was read, draws a higher id; once no older transaction is left, all up to that id are visible or gone.
        """
        with translated(self._connection):
            noted = self._one(_NOTED)
            known = int(noted["noted_id"]) if self._oldest() >= noted["noted_xid"] else 0
            last, xid = int(self._one(_LAST_ID)["id"]), int(self._one(_NEXT_XID)["xid"])
            deadline = time.monotonic() + wait_s
            while self._oldest() < xid:
                if time.monotonic() > deadline:
                    # Those that were there now are gone by the next time, however many follow them.
                    if known == noted["noted_id"]:
                        self._connection.execute(_NOTE, (xid, last))
                    return known
                time.sleep(_POLL_S)
            return last

    @contextmanager
    def sealing(self) -> Iterator[Sealing]:
        """Hold the row of the trail's end for one transaction."""
        with translated(self._connection), self._connection.transaction():
            self._connection.execute(_LOCK)
            yield PostgresqlSealing(self._connection)

    def erase(self, ids: Sequence[int], actor: str, reason: str) -> int:
        """Erase and record in one transaction, a record a tenant."""
        with translated(self._connection), self._connection.transaction():
            records, found = erasures_of(self._connection.execute(_HELD, (list(ids),)).fetchall(), reason)
            for tenant, told in records.items():
                self._connection.execute(_RECORD, (tenant, actor, "ERASE", told))
            self._connection.execute(_ERASE, (found,))
        return len(found)

    def expirable(self, before: str) -> tuple[Expired, ...]:
        """Return the months whose partition has entries."""
        with translated(self._connection):
            found = (self._month(month) for month in self._months(before))
            return tuple(each for each in found if each.entries)

    def expire(self, before: str, actor: str, reason: str) -> tuple[Expired, ...]:
        """Drop whole partitions; writers wait for the moment in which the log lets go of each.

        Rows that went to the default partition are deleted there, without the trigger that refuses it for as long.
        """
        found: list[Expired] = []
        with translated(self._connection), self._connection.transaction():
            self._connection.execute(_LOCK)
            sealed = PostgresqlSealing(self._connection).trail().standing().up_to_id
            for month in self._months(before):
                expired = self._month(month)
                if expired.last > sealed:
                    raise Blocked(f"entry {expired.last} of {month} has no seal yet (run: dbops audit seal)")
                if expired.entries:
                    found.append(expired)
                    self._record_removal(month, expired_json(expired, reason), actor)
                self._remove(month)
        return tuple(found)

    def _remove(self, month: str) -> None:
        if month in self._partitioned():
            self._connection.execute(f"DROP TABLE dbops.{partition_name(month)}".encode())
        if month in self._in_default():
            default = f"dbops.{DEFAULT}"
            for statement in (
                f"ALTER TABLE {default} DISABLE TRIGGER {GUARD_ROWS}",
                f"DELETE FROM {default} WHERE {_within(month)}",  # noqa: S608  # a month that was judged
                f"ALTER TABLE {default} ENABLE ALWAYS TRIGGER {GUARD_ROWS}",
            ):
                self._connection.execute(statement.encode())

    def _record_removal(self, month: str, told: str, actor: str) -> None:
        """Record a removal, and once more those whose own record goes with the month."""
        older = f"SELECT changed FROM dbops.audit_log WHERE operation = 'EXPIRE' AND {_within(month)} ORDER BY id"  # noqa: S608  # as above
        for text in (*(row[0] for row in self._connection.execute(older.encode()).fetchall()), told):
            self._connection.execute(_RECORD, ("", actor, "EXPIRE", text))

    def _months(self, before: str) -> list[str]:
        return sorted(month for month in self._partitioned() | self._in_default() if month < before)

    def _partitioned(self) -> set[str]:
        names = (str(name) for (name,) in self._connection.execute(PARTITIONS.encode()).fetchall())
        return {month_of(name) for name in names} - {""}

    def _in_default(self) -> set[str]:
        has_default = self._one("SELECT pg_catalog.to_regclass('dbops.audit_log_default') IS NOT NULL AS found")[
            "found"
        ]
        return {str(month) for (month,) in self._connection.execute(IN_DEFAULT.encode())} if has_default else set()

    def _month(self, month: str) -> Expired:
        row = self._one(
            "SELECT coalesce(min(id), 0) AS first, coalesce(max(id), 0) AS last, count(*) AS entries"  # noqa: S608
            f" FROM dbops.audit_log WHERE {_within(month)}"
        )
        return Expired(month, **row)

    def _oldest(self) -> int:
        return int(self._one(_OLDEST_XID)["xid"])

    def _one(self, sql: str) -> dict[str, Any]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(sql.encode()).fetchone()
        assert row is not None
        return row


class PostgresqlSealing:
    """The transaction of one batch; also reads, as the trail's reader."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def query(self, sql: str, params: Parameters | None = None) -> Sequence[ResultRow]:
        """Run a reading statement of ours."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(driver_text(readable(sql)).encode(), dict(params or {}) or None).fetchall()

    def trail(self) -> Trail:
        """Return the trail as this transaction sees it."""
        return trail_behind(self)

    def ends(self, tenants: Sequence[str]) -> Mapping[str, Link]:
        """Return the last seal of each of these tenants."""
        return trail_behind(self).ends(tenants)

    def moment(self) -> str:
        """Return the server's clock."""
        return str(self.query(_CLOCK)[0]["moment"])

    def put(self, batch: Batch, seals: Sequence[Seal]) -> None:
        """Write all of a batch."""
        connection = self._connection
        connection.execute(_PUT_BATCH, astuple(batch))
        with connection.cursor() as cursor:
            cursor.executemany(_PUT_SEAL, [astuple(each) for each in seals])
        connection.execute(_PUT_STATE, (batch.number, batch.up_to_id, batch.hash))


def _within(month: str) -> str:
    """Return the condition on entries of a month, by which the server leaves out every other partition."""
    start, end = (f"'{each}-01 00:00:00+00'" for each in (month, month_beside(month, 1)))
    return f"at >= {start} AND at < {end}"


def _ms(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
