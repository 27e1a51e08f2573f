"""The connection that installs, seals and erases: one immediate transaction a piece of work."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple

from pytest_dbops.backends.sqlite.audit.reading import trail_behind
from pytest_dbops.backends.sqlite.audit.tables import guarding_triggers
from pytest_dbops.backends.sqlite.faults import fault_of
from pytest_dbops.backends.sqlite.urls import place_of
from pytest_dbops.core.audit.port import Sealing, Trail, Writer
from pytest_dbops.core.audit.records import Expired, erasures_of, expired_json
from pytest_dbops.core.audit.sealed import Batch, Link, Seal
from pytest_dbops.core.errors import Blocked, Unreachable
from pytest_dbops.core.session import Limits, Parameters, ResultRow

_CLOCK = "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z' AS moment"
_PUT_BATCH = "INSERT INTO dbops_audit_batch VALUES (?, ?, ?, ?, ?, ?)"
_PUT_SEAL = "INSERT INTO dbops_audit_seal VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_PUT_STATE = "UPDATE dbops_audit_state SET batches = ?, up_to_id = ?, hash = ?"
_HELD = """
SELECT id, tenant FROM dbops_audit_log
WHERE id IN (SELECT value FROM json_each(?)) AND changed IS NOT NULL AND operation NOT IN ('ERASE', 'EXPIRE')
"""
_RECORD = """
INSERT INTO dbops_audit_log (tenant, at, actor, table_schema, table_name, operation, changed, salt)
VALUES (?, strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z', ?, 'main', 'dbops_audit_log', ?, ?, randomblob(16))
"""
_MONTHS = """
SELECT substr(at, 1, 7), min(id), max(id), count(*)
FROM dbops_audit_log
WHERE substr(at, 1, 7) < ? AND id > 0
GROUP BY 1
ORDER BY 1
"""
# Those whose own record goes with its month are recorded once more.
_OLDER_RECORDS = """
SELECT changed FROM dbops_audit_log WHERE operation = 'EXPIRE' AND id > 0 AND substr(at, 1, 7) < ? ORDER BY id
"""
_OLD = "DELETE FROM dbops_audit_log WHERE id > 0 AND substr(at, 1, 7) < "
_ERASE = "UPDATE dbops_audit_log SET changed = NULL, salt = NULL WHERE id IN (SELECT value FROM json_each(?))"


@contextmanager
def open_writer(url: str, *, limits: Limits) -> Iterator[Writer]:
    """Open an existing file; other writers are waited for as long as the limits allow."""
    place = place_of(url)
    if not place.path.is_file():
        raise Unreachable(f"there is no file {str(place.path)!r}")
    connection = sqlite3.connect(place.path, timeout=limits.lock_timeout_s, isolation_level=None)
    connection.row_factory = sqlite3.Row
    # What is no UTF-8 is hashed as the bytes it is.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    with closing(connection):
        yield SqliteWriter(connection, limits)


class SqliteWriter:
    """A connection that may write."""

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits

    def run(self, statements: Sequence[str]) -> None:
        """Run statements in one transaction."""
        with self._transaction():
            for statement in statements:
                self._connection.execute(statement)

    def final_id(self, wait_s: float) -> int:
        """Return the highest id there can be: one writes at a time, so that all that is visible is final."""
        return (1 << 63) - 1

    @contextmanager
    def sealing(self) -> Iterator[Sealing]:
        """Keep other writers out for one batch."""
        with self._transaction():
            yield SqliteSealing(self._connection)

    def erase(self, ids: Sequence[int], actor: str, reason: str) -> int:
        """Erase and record in one transaction, a record a tenant."""
        with self._transaction():
            held = self._connection.execute(_HELD, (json.dumps(list(ids)),)).fetchall()
            records, found = erasures_of(((number, tenant) for number, tenant in held), reason)
            for tenant, told in records.items():
                self._connection.execute(_RECORD, (tenant, actor, "ERASE", told))
            self._connection.execute(_ERASE, (json.dumps(found),))
        return len(found)

    def expirable(self, before: str) -> tuple[Expired, ...]:
        """Return the months that have entries."""
        rows = self._connection.execute(_MONTHS, (before,)).fetchall()
        return tuple(Expired(*row) for row in rows)

    def expire(self, before: str, actor: str, reason: str) -> tuple[Expired, ...]:
        """Delete rows by month, without the trigger that refuses it for as long."""
        guard = next(each for each in guarding_triggers() if each.name == "dbops_audit_log_no_delete")
        with self._transaction():
            sealed = SqliteSealing(self._connection).trail().standing().up_to_id
            found = self.expirable(before)
            for expired in found:
                if expired.last > sealed:
                    raise Blocked(f"entry {expired.last} of {expired.month} has no seal yet (run: dbops audit seal)")
                self._connection.execute(_RECORD, ("", actor, "EXPIRE", expired_json(expired, reason)))
            if found:
                for (text,) in self._connection.execute(_OLDER_RECORDS, (before,)).fetchall():
                    self._connection.execute(_RECORD, ("", actor, "EXPIRE", text))
                for statement in (*guard.drop, f"{_OLD}'{before}'", *guard.make):
                    self._connection.execute(statement)
        return found

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("COMMIT")
        except sqlite3.Error as err:
            raise fault_of(err, denied="", timeout_s=self._limits.lock_timeout_s) from None
        finally:
            if connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")


class SqliteSealing:
    """The transaction of one batch; also reads, as the trail's reader."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def query(self, sql: str, params: Parameters | None = None) -> Sequence[ResultRow]:
        """Run a reading statement of ours."""
        return [dict(row) for row in self._connection.execute(sql, dict(params or {})).fetchall()]

    def trail(self) -> Trail:
        """Return the trail as this transaction sees it."""
        return trail_behind(self)

    def ends(self, tenants: Sequence[str]) -> Mapping[str, Link]:
        """Return the last seal of each of these tenants."""
        return trail_behind(self).ends(tenants)

    def moment(self) -> str:
        """Return the clock of this machine."""
        return str(self.query(_CLOCK)[0]["moment"])

    def put(self, batch: Batch, seals: Sequence[Seal]) -> None:
        """Write all of a batch."""
        connection = self._connection
        connection.execute(_PUT_BATCH, astuple(batch))
        connection.executemany(_PUT_SEAL, [astuple(each) for each in seals])
        connection.execute(_PUT_STATE, (batch.number, batch.up_to_id, batch.hash))
