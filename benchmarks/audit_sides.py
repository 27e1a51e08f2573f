"""The tables that `audit` changes, on each product, and one timed call for each thing that is compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Sample, process_cpu_s, timed_call
from pytest_dbops.core.scratch import ScratchServer

_COLUMNS = """(org_id integer, id integer, net numeric(14,2) NOT NULL, status text NOT NULL, note text NOT NULL,
    due_on date NOT NULL, PRIMARY KEY (org_id, id))"""
_ROWS = """
CREATE TABLE {0} {1} WITH (fillfactor = {3});
INSERT INTO {0} SELECT n % 5, n, n, 'issued', repeat(md5(n::text), 3), DATE '2026-01-01' + n % 90
FROM generate_series(1, {2}) AS n;
"""
_HABITUAL = """
CREATE TABLE habit (id bigserial PRIMARY KEY, at timestamptz DEFAULT clock_timestamp(), was jsonb, now jsonb);
CREATE FUNCTION habit() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN INSERT INTO habit (was, now) VALUES (to_jsonb(OLD), to_jsonb(NEW)); RETURN NULL; END';
CREATE TRIGGER habit AFTER UPDATE ON habitual FOR EACH ROW EXECUTE FUNCTION habit();
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER nothing AFTER UPDATE ON empty REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION nothing();
"""
_ENTRIES = """
INSERT INTO {0} (tenant, at, transaction_id, role, table_schema, table_name, operation, row_key, changed{1})
SELECT '1', clock_timestamp(), 1, session_user, 'public', 'audited', 'UPDATE', '{{"id": 12345, "org_id": 1}}',
    '{{"old": {{"net": 12345.00}}, "new": {{"net": 12346.00}}}}'{2}
FROM generate_series(1, {3})
"""
_LITE_ROWS = """
CREATE TABLE {0} {1};
INSERT INTO {0}
WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {2})
SELECT n % 5, n, n, 'issued', hex(randomblob(48)), date('2026-01-01', '+' || (n % 90) || ' days') FROM c;
"""
_ONE_ROW = "DO $$ BEGIN FOR i IN 1..{1} LOOP UPDATE {0} SET net = net + 1 WHERE org_id = 1 AND id = 1; END LOOP; END $$"
_SINGLE_STATEMENTS = 1000
_ROOMY, _FULL = 50, 100


class PostgresqlSide:
    """Two databases, so that what is sealed is of one statement alone; each has a session whose CPU is counted."""

    def __init__(self, connection: Any, sealed: Any, sealed_url: str, rows: int) -> None:
        self._connection, self._sealed, self._sealed_url, self._rows = connection, sealed, sealed_url, rows
        self._pid: int = connection.info.backend_pid

    def candidates(self) -> Mapping[str, Callable[[], Sample]]:
        """Return everything that is compared; each call is one sample."""
        log = "dbops.audit_log"
        return {
            "bare": partial(self._updated, "bare"),
            "row trigger": partial(self._updated, "habitual"),
            "trail": partial(self._updated, "audited"),
            "bare, full pages": partial(self._updated, "bare_full", vacuum="VACUUM FULL"),
            "trail, full pages": partial(self._updated, "audited_full", vacuum="VACUUM FULL"),
            "bare, one row": partial(self._timed, _ONE_ROW.format("bare", _SINGLE_STATEMENTS)),
            "trail, one row": partial(self._timed, _ONE_ROW.format("audited", _SINGLE_STATEMENTS)),
            "empty trigger": partial(self._updated, "empty"),
            "entries written": partial(self._timed, _ENTRIES.format(log, "", "", self._rows)),
            "entries without salt": partial(self._timed, _ENTRIES.format(log, ", salt", ", NULL", self._rows)),
            "entries in a plain table": partial(self._timed, _ENTRIES.format("plain", ", salt", ", NULL", self._rows)),
            "seal": self._seal,
        }

    def _updated(self, table: str, *, vacuum: str = "VACUUM") -> Sample:
        """Return what the statement costs; what it leaves to vacuum was taken away before."""
        self._connection.execute(f"{vacuum} {table}")
        return self._timed(f"UPDATE {table} SET net = net + 1")

    def _timed(self, statement: str) -> Sample:
        return _counted(lambda: self._connection.execute(statement), self._pid)

    def _seal(self) -> Sample:
        from pytest_dbops.backends import audit_for
        from pytest_dbops.operations.audit.seal import seal_all

        self._sealed.execute("UPDATE audited SET net = net + 1")
        with audit_for("postgresql").open_writer(self._sealed_url, limits=_limits(), application="sealer") as writer:
            (pid,) = self._sealed.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'sealer' AND datname = current_database()"
            ).fetchone()
            return _counted(lambda: seal_all(writer), pid)


def _counted(work: Callable[[], object], pid: int) -> Sample:
    """Return what a call costs here and in one process of the server."""
    before = process_cpu_s(pid)
    sample = timed_call(work)
    return Sample(sample.cpu_s, sample.wall_s, process_cpu_s(pid) - before)


class SqliteSide:
    """A file in memory, if there is such a folder, whose writes are not waited for."""

    version = sqlite3.sqlite_version

    def __init__(self, connection: sqlite3.Connection, url: str) -> None:
        self._connection, self._url = connection, url

    def candidates(self) -> Mapping[str, Callable[[], Sample]]:
        """Return everything that is compared; what `sqlite trail` leaves is what `sqlite seal` seals."""
        return {
            "sqlite bare": lambda: timed_call(lambda: self._connection.execute("UPDATE bare SET net = net + 1")),
            "sqlite trail": lambda: timed_call(lambda: self._connection.execute("UPDATE audited SET net = net + 1")),
            "sqlite seal": self._seal,
        }

    def _seal(self) -> Sample:
        from pytest_dbops.backends import audit_for
        from pytest_dbops.operations.audit.seal import seal_all

        with audit_for("sqlite").open_writer(self._url, limits=_limits(), application="bench") as writer:
            seal_all(writer)
            self._connection.execute("UPDATE audited SET net = net + 1")
            return timed_call(lambda: seal_all(writer))


@contextmanager
def postgresql_side(server: ScratchServer, rows: int) -> Iterator[PostgresqlSide]:
    """Make the databases, their tables and trails."""
    import psycopg

    def run(*statements: str) -> None:
        with closing(psycopg.connect(server.admin_url, autocommit=True)) as admin:
            for statement in statements:
                admin.execute(statement.encode())

    names = ("audit_bench", "audit_bench_sealed")
    run(*(f"CREATE DATABASE {name} TEMPLATE template0" for name in names))
    main, sealed = (server.url(name) for name in names)
    with (
        closing(psycopg.connect(main, autocommit=True)) as connection,
        closing(psycopg.connect(sealed, autocommit=True)) as other,
    ):
        for table in ("bare", "habitual", "audited", "empty"):
            connection.execute(_ROWS.format(table, _COLUMNS, rows, _ROOMY).encode())
        for table in ("bare_full", "audited_full"):
            connection.execute(_ROWS.format(table, _COLUMNS, rows, _FULL).encode())
        other.execute(_ROWS.format("audited", _COLUMNS, rows, _ROOMY).encode())
        connection.execute(_HABITUAL.encode())
        for url in (main, sealed):
            _install("postgresql", url, "audited*")
        connection.execute(b"CREATE TABLE plain (LIKE dbops.audit_log INCLUDING DEFAULTS)")
        yield PostgresqlSide(connection, other, sealed, rows)
    run(*(f"DROP DATABASE {name} WITH (FORCE)" for name in names))


@contextmanager
def sqlite_side(rows: int) -> Iterator[SqliteSide]:
    """Make the file, its tables and the trail of one of them."""
    memory = Path("/dev/shm")  # a folder of the system, in which only our own temporary one is used
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        file = Path(folder) / "bench.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
            for table in ("bare", "audited"):
                connection.executescript(_LITE_ROWS.format(table, _COLUMNS, rows))
            _install("sqlite", f"sqlite:///{file}", "audited")
            yield SqliteSide(connection, f"sqlite:///{file}")


def _install(dialect: str, url: str, tables: str) -> None:
    from pytest_dbops.backends import audit_for, backend_for
    from pytest_dbops.core.audit.rules import AuditRules
    from pytest_dbops.core.audit.wanted import wanted_of
    from pytest_dbops.core.environment import Expectation
    from pytest_dbops.operations.audit.install import install_statements

    product, backend = audit_for(dialect), backend_for(dialect)
    rules = AuditRules(tables=(tables,), tenant="org_id")
    with backend.open_session(url, limits=_limits(), expect=Expectation(), application="bench") as session:
        installed = product.read_installed(session, rules)
        statements = install_statements(product, wanted_of(backend.read_catalog(session), rules), installed)
    with product.open_writer(url, limits=_limits(), application="bench") as writer:
        writer.run(statements)


def _limits() -> Any:
    from pytest_dbops.core.session import Limits

    return Limits(10, 60, 10)
