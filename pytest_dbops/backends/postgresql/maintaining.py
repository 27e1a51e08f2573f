"""Run steps of maintenance on a PostgreSQL server, so that nobody waits for them and a stop leaves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql import archiving
from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.faults import fault_of
from pytest_dbops.core.errors import Blocked, DbopsError, Unreachable
from pytest_dbops.core.maintenance.archive import CopiedRow, Key, OldRows
from pytest_dbops.core.maintenance.step import Place, Step
from pytest_dbops.core.maintenance.worker import InTheWay, OutOfTime, Patience, Worker

if TYPE_CHECKING:
    import psycopg

_SHORTEST_MS = 100
_CONCURRENT = re.compile(r"\b(?:REINDEX\b.*|CREATE (?:UNIQUE )?INDEX |DROP INDEX )CONCURRENTLY\b")
_OF_INVALID = frozenset({"drop_invalid_index", "rebuild_invalid_index"})

# A server that is not told of its client's death ends a statement only when it has something to say; VACUUM at the
# pace of autovacuum leaves the disk to others.
# Rows that a policy hides are an error and not less rows, and times are written in one way.
_SETTINGS = {
    "client_connection_check_interval": "500", "vacuum_cost_delay": "2", "idle_session_timeout": "0",
    "row_security": "off", "timezone": "UTC",
}  # fmt: skip

_STATE = """
SELECT x.indisvalid AND x.indisready AND x.indislive AS is_usable
  FROM pg_catalog.pg_index AS x
  JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = %(schema)s AND c.relname = %(name)s
"""
_HOLDER = """
SELECT a.pid, a.usename, a.application_name
  FROM pg_catalog.pg_locks AS l
  JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
  JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE l.locktype = 'relation'
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
   AND n.nspname = %(schema)s AND c.relname = %(table)s
   AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                  'AccessExclusiveLock')
   AND l.granted
   AND l.pid <> pg_catalog.pg_backend_pid()
   AND coalesce(a.backend_type, '') <> 'autovacuum worker'
 LIMIT 1
"""
"""Who holds a lock under which an index of the table may be in the making; the two cannot be told apart otherwise."""

_OLDEST = """
SELECT a.pid, a.usename, a.application_name,
       CAST(extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) AS integer)
  FROM pg_catalog.pg_stat_activity AS a
 WHERE a.datname = pg_catalog.current_database()
   AND a.pid <> pg_catalog.pg_backend_pid()
   AND coalesce(a.backend_type, '') = 'client backend'
   AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
   AND extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) > CAST(%(longest_s)s AS float8)
 ORDER BY a.xact_start
 LIMIT 1
"""

_LEFT = """
SELECT pg_catalog.format('%%I.%%I', n.nspname, i.relname) AS place
  FROM pg_catalog.pg_index AS x
  JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = i.relnamespace
  JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
 WHERE n.nspname = %(schema)s AND t.relname = %(table)s
   AND NOT (x.indisvalid AND x.indisready AND x.indislive)
   AND i.relname ~ '_cc(new|old)[0-9]*$'
   AND pg_catalog.starts_with(%(name)s, pg_catalog.regexp_replace(i.relname, '_cc(new|old)[0-9]*$', ''))
 ORDER BY 1
"""
"""What REINDEX CONCURRENTLY of an index has left; PostgreSQL cuts a long name off before it adds its ending."""


class PostgresqlWorker:
    """One connection in autocommit; implements `Worker`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def is_needed(self, step: Step) -> bool:
        """Tell whether an invalid index is still there, and still invalid; other steps are always needed."""
        if step.task not in _OF_INVALID:
            return True
        row = self._query(_STATE, _named(step.place)).fetchone()
        return row is not None and not row[0]

    def run(self, step: Step, patience: Patience) -> None:
        """Run a step under its time-outs; see `Worker`."""
        if step.task in _OF_INVALID:
            self._refuse_builder(step.place)
        lock_s = patience.lock_s
        if any(_CONCURRENT.search(each) for each in step.statements):
            self._refuse_old_transaction(patience.concurrent_s)
            lock_s = patience.concurrent_s  # it waits for older transactions by the same time-out
        self._limit(min(lock_s, patience.time_s), patience.time_s)
        try:
            for statement in step.statements:
                self._query(statement)
        except Unreachable:
            raise
        except InTheWay as err:
            holder = self._holder(step.place)
            self._undo(step, patience)
            raise InTheWay(f"{err}{holder and f' (held by {holder})'}") from None
        except DbopsError:
            self._undo(step, patience)
            raise

    def clear(self, step: Step, patience: Patience) -> tuple[str, ...]:
        """Drop what a REINDEX CONCURRENTLY of a step left; see `Worker`."""
        if not step.place.table or not any("REINDEX" in each for each in step.statements):
            return ()
        self._refuse_builder(step.place)
        return self._drop_left(step.place, patience.time_s)

    def read_old(self, old: OldRows, after: Key | None, limit: int) -> list[CopiedRow]:
        """Read a batch of old rows; see `Worker`."""
        return archiving.read_old(self._rows, old, after, limit)

    def delete_old(self, old: OldRows, copied: Sequence[CopiedRow], patience: Patience) -> int:
        """Delete a batch in one transaction; see `Worker`."""
        self._limit(min(patience.lock_s, patience.time_s), patience.time_s)
        self._query("BEGIN")
        try:
            deleted = archiving.delete_old(self._rows, old, copied)
            self._query("COMMIT")
        except Unreachable:
            raise
        except DbopsError:
            self._query("ROLLBACK")
            raise
        return deleted

    def _undo(self, step: Step, patience: Patience) -> None:
        """Leave the transaction, and drop a half-built index; what cannot be dropped now, a later run finds."""
        with suppress(DbopsError):
            self._query("ROLLBACK")
            if step.place.table:
                self._drop_left(step.place, max(patience.lock_s, 1.0))

    def _drop_left(self, place: Place, time_s: float) -> tuple[str, ...]:
        found = tuple(str(row[0]) for row in self._query(_LEFT, _named(place)).fetchall())
        self._limit(time_s, time_s)
        for name in found:
            self._query(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        return found

    def _refuse_builder(self, place: Place) -> None:
        """Raise InTheWay while somebody may be building the index: it looks like one that was given up."""
        if holder := self._holder(place):
            raise InTheWay(f"{holder} holds table {place.table!r} and may be building the index")

    def _refuse_old_transaction(self, longest_s: float) -> None:
        """Raise InTheWay when a transaction is open for which the build would wait longer than it may."""
        row = self._query(_OLDEST, {"longest_s": str(longest_s)}).fetchone()
        if row is not None:
            raise InTheWay(
                f"{_session(row)} has a transaction open for {row[3]} s, and the build would wait for its end"
            )

    def _holder(self, place: Place) -> str:
        """Return who else holds a lock on the table that a step needs, in words; empty when nobody does."""
        row = self._query(_HOLDER, {"schema": place.schema, "table": place.relation}).fetchone()
        return _session(row) if row is not None else ""

    def _limit(self, lock_s: float, time_s: float) -> None:
        wanted = {"lock_timeout": _milliseconds(lock_s), "statement_timeout": _milliseconds(time_s)}
        self._query(_setting(wanted))

    def _rows(self, sql: str, params: Sequence[object]) -> Sequence[Sequence[Any]]:
        cursor = self._query(sql, params)
        return cursor.fetchall() if cursor.description else ()

    def _query(self, sql: str, params: Mapping[str, object] | Sequence[object] | None = None) -> psycopg.Cursor[Any]:
        import psycopg

        try:
            return self._connection.execute(sql.encode(), params)
        except psycopg.Error as err:
            raise fault_of_worker(err, self._connection) from None


class PostgresqlMaintainer:
    """Opens workers; implements `Maintainer`."""

    @contextmanager
    def open_worker(self, url: str, *, timeout_s: float, application: str) -> Iterator[Worker]:
        """Connect for writing; see `Maintainer`."""
        with closing(connect(url, timeout_s=timeout_s, application=application)) as connection:
            worker = PostgresqlWorker(connection)
            worker._query(_setting(_SETTINGS))
            yield worker


def fault_of_worker(err: psycopg.Error, connection: psycopg.Connection[Any]) -> DbopsError:
    """Return what the server said as the ports that write have it."""
    state = err.sqlstate or ""
    fault = fault_of(err, connection.info.user)
    if isinstance(fault, Unreachable):
        return fault
    if connection.closed:
        return Unreachable(f"the connection was lost: {fault}")
    said = " ".join((err.diag.message_primary or str(err)).split())
    if state in ("55P03", "40P01"):
        return InTheWay(f"another session holds a lock it needs: {said}")
    if state == "57014":
        return OutOfTime(f"its time was up: {said}")
    detail = " ".join((err.diag.message_detail or "").split()) if state == "42501" else ""
    return Blocked(f"{said}{f' ({detail})' if detail else ''} [{state}]")


def _session(row: Sequence[Any]) -> str:
    name = f" ({row[2]})" if row[2] else ""
    return f"session {row[0]} of role {row[1]!r}{name}"


def _named(place: Place) -> dict[str, str]:
    return {"schema": place.schema, "name": place.name, "table": place.table}


def _setting(wanted: dict[str, str]) -> str:
    return "SELECT " + ", ".join(f"pg_catalog.set_config('{name}', '{value}', false)" for name, value in wanted.items())


def _milliseconds(seconds: float) -> str:
    return str(max(_SHORTEST_MS, round(seconds * 1000)))


MAINTAINER = PostgresqlMaintainer()
