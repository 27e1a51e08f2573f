"""Replace fields of a PostgreSQL table in batches: COPY to a temporary table, and one UPDATE that ends no writer.

An UPDATE of many rows can deadlock with a transaction that writes several of them, and the server may end either. So a
batch is first tried without locking its rows beforehand, under a time limit of half of `deadlock_timeout`: a writer
that waits for it never waits long enough to look for a deadlock while the batch itself is waiting. Where that fails,
rows are locked first and those that others hold are passed over, which waits for nobody and costs a third more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pytest_dbops.backends.postgresql.binary_rows import BEGINNING, END, are_known, written_rows
from pytest_dbops.backends.postgresql.connect import connect
from pytest_dbops.backends.postgresql.maintaining import fault_of_worker
from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.rewriting import Change, Rewriter, RewrittenTable, Row, unnamed_index

if TYPE_CHECKING:
    import psycopg

_TEMPORARY = "pg_temp.dbops_rewritten"
# Rows that a policy hides are an error and not fewer rows; a server notices that its client has died. Workers would
# read the whole table for each batch.
_SETTINGS = {
    "client_connection_check_interval": "500", "idle_session_timeout": "0", "max_parallel_workers_per_gather": "0",
    "row_security": "off", "statement_timeout": "0",
}  # fmt: skip

# A batch comes in the order of keys, as does the range of the table that it is compared with. Merging them reads each
# row just before it is written, where a hash table of one costs 7 % more of the UPDATE. Of keys that are not numbers
# the comparisons cost more than that: 40 % of the UPDATE of collated text.
_MERGED = {"enable_hashjoin": "off"}
_NUMBERS = {20, 21, 23}
"""bigint, smallint, integer (pg_type.oid)."""

_ROWS_WRITTEN = 500
"""Rows that are written at once: few enough to stay in the processor's cache."""

_WARY_BATCHES = 20
"""For how many batches rows are locked first, after one that could not be written without."""

_DEADLOCK_MS = "SELECT CAST(setting AS integer) FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'"
_BASE_TYPES = f"""
WITH RECURSIVE typed (place, type) AS (
  SELECT attnum, atttypid
    FROM pg_catalog.pg_attribute
   WHERE attrelid = '{_TEMPORARY}'::regclass AND attnum > 0
  UNION ALL
  SELECT typed.place, t.typbasetype
    FROM typed
    JOIN pg_catalog.pg_type AS t ON t.oid = typed.type AND t.typtype = 'd'
)
SELECT DISTINCT ON (place) typed.type
  FROM typed
  JOIN pg_catalog.pg_type AS t ON t.oid = typed.type AND t.typtype <> 'd'
 ORDER BY place
"""  # noqa: S608  # a constant
"""Binary COPY has a domain's values in the form of the type below it."""


_UNIQUE = """
SELECT c.relname, i.indisvalid
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = pg_catalog.to_regclass(%s) AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
AND %s = ARRAY(
  SELECT CAST(a.attname AS text)
  FROM pg_catalog.pg_attribute AS a
  WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
  ORDER BY a.attname COLLATE "C"
)
"""


class PostgresqlRewriter:
    """One connection; implements `Rewriter`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._table: RewrittenTable | None = None
        self._types: list[int] = []
        self._plan: Mapping[str, str] = {}
        self._wary = 0
        (wait_ms,) = connection.execute(_DEADLOCK_MS).fetchone() or (0,)
        self._short = {"lock_timeout": "50", "statement_timeout": str(max(1, int(wait_ms) // 2))}

    def read(self, table: RewrittenTable, after: Row | None, limit: int) -> Sequence[Row]:
        """Read a batch; see `Rewriter`."""
        params: list[object] = []
        wanted = [f"({table.condition.replace('%', '%%')})"] if table.condition else []
        if table.only is not None:
            column, values = table.only
            wanted.append(f"{_quoted(column)} IN ({_places(values)})")
            params += values
        if after is not None:
            wanted.append(f"({_listed(table.key)}) > ({_places(after)})")
            params += after
        names = (f"CAST({_quoted(each)} AS text)" if each in table.as_text else _quoted(each) for each in table.read)
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        return self._run(
            f"SELECT {', '.join([*names, _listed(table.key)])} FROM {_named(table)}"  # noqa: S608  # quoted names
            f"{where} ORDER BY {_listed(table.key)} LIMIT {limit:d}",
            params,
        ).fetchall()

    def write(self, table: RewrittenTable, changes: Sequence[Change]) -> int:
        """Replace a batch; see `Rewriter`."""
        import psycopg

        try:
            self._prepare(table)
            if self._wary:
                self._wary -= 1
                return self._replace(table, changes, _update_free)
            try:
                return self._replace(table, changes, _update, limits=self._short)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.DeadlockDetected):
                self._wary = _WARY_BATCHES
                return self._replace(table, changes, _update_free)
        except psycopg.Error as err:
            raise fault_of_worker(err, self._connection) from None

    def make_unique(self, table: RewrittenTable, name: str, columns: Sequence[str]) -> None:
        """Build a unique index beside writers (CONCURRENTLY); see `Rewriter`."""
        import psycopg

        found = self._run(_UNIQUE, [_named(table), sorted(columns)]).fetchall()
        if any(is_valid for _, is_valid in found):
            return
        if not name:
            raise Blocked(unnamed_index(table, columns))
        place = f"{_quoted(table.schema)}." if table.schema else ""
        dropping = f"DROP INDEX CONCURRENTLY IF EXISTS {place}{_quoted(name)}"
        if name in {each for each, _ in found}:
            self._run(dropping, ())  # left by a run that was ended
        try:
            self._connection.execute(
                f"CREATE UNIQUE INDEX CONCURRENTLY {_quoted(name)} ON {_named(table)} ({_listed(columns)})".encode()
            )
        except psycopg.Error as err:
            with suppress(psycopg.Error):
                self._connection.execute(dropping.encode())
            raise fault_of_worker(err, self._connection) from None

    def _replace(
        self, table: RewrittenTable, changes: Sequence[Change], statement: Callable[[RewrittenTable], str],
        limits: Mapping[str, str] = MappingProxyType({}),
    ) -> int:  # fmt: skip
        with self._connection.transaction():
            self._copy(changes)
            if wanted := {**self._plan, **limits}:
                self._connection.execute(*_setting(wanted, is_local=True))
            key = len(table.key)
            ends = [*changes[0][:key], *changes[-1][:key]]
            return self._connection.execute(statement(table).encode(), ends, binary=True).rowcount

    def _prepare(self, table: RewrittenTable) -> None:
        """Make the temporary table for the keys, the old and the new values of a batch."""
        if self._table == table:
            return
        self._table = None
        self._connection.execute(f"DROP TABLE IF EXISTS {_TEMPORARY}".encode())
        columns = [f"t.{_quoted(each)} AS key_{place}" for place, each in enumerate(table.key)]
        for kind in ("old", "new"):
            columns += [f"t.{_quoted(each)} AS {kind}_{place}" for place, each in enumerate(table.changed)]
        self._connection.execute(
            f"CREATE TEMPORARY TABLE dbops_rewritten ON COMMIT DELETE ROWS AS SELECT {', '.join(columns)}"  # noqa: S608
            f" FROM {_named(table)} AS t WITH NO DATA".encode(),
            (),
        )
        self._types = [int(row[0]) for row in self._connection.execute(_BASE_TYPES.encode()).fetchall()]
        self._plan = _MERGED if set(self._types[: len(table.key)]) <= _NUMBERS else {}
        self._table = table

    def _copy(self, changes: Sequence[Change]) -> None:
        with self._connection.cursor().copy(f"COPY {_TEMPORARY} FROM STDIN (FORMAT BINARY)".encode()) as copy:
            if not are_known(self._types):
                copy.set_types(self._types)
                for change in changes:
                    copy.write_row(change)
                return
            copy.write(BEGINNING)
            for first in range(0, len(changes), _ROWS_WRITTEN):
                copy.write(written_rows(self._types, changes[first : first + _ROWS_WRITTEN]))
            copy.write(END)

    def _run(self, sql: str, params: Sequence[object]) -> psycopg.Cursor[Any]:
        import psycopg

        try:
            return self._connection.execute(sql.encode(), params, binary=True)
        except psycopg.Error as err:
            raise fault_of_worker(err, self._connection) from None


class PostgresqlRewriting:
    """Opens rewriters; implements `RewritingProduct`."""

    @contextmanager
    def open_rewriter(self, url: str, *, timeout_s: float, lock_s: float, application: str) -> Iterator[Rewriter]:
        """Connect for writing; see `RewritingProduct`."""
        with closing(connect(url, timeout_s=timeout_s, application=application)) as connection:
            connection.execute(*_setting({**_SETTINGS, "lock_timeout": str(max(1, round(lock_s * 1000)))}))
            yield PostgresqlRewriter(connection)


def _update(table: RewrittenTable) -> str:
    """Return the statement that replaces what is in the temporary table.

    A row that was updated in between is compared again (PostgreSQL manual, "Read Committed Isolation Level"). The range
    of keys keeps the plan from reading all rows.
    """
    sets = ", ".join(f"{_quoted(name)} = n.new_{place}" for place, name in enumerate(table.changed))
    return f"UPDATE {_named(table)} AS t SET {sets} FROM {_TEMPORARY} AS n WHERE {_same(table)}"  # noqa: S608


def _update_free(table: RewrittenTable) -> str:
    """Return the statement that does so for the rows that nobody holds, which it locks first."""
    news = ", ".join(f"n.new_{place}" for place in range(len(table.changed)))
    sets = ", ".join(f"{_quoted(name)} = free.new_{place}" for place, name in enumerate(table.changed))
    return (
        f"WITH free AS (SELECT t.tableoid AS home, t.ctid AS place, {news} FROM {_named(table)} AS t"  # noqa: S608
        f" JOIN {_TEMPORARY} AS n ON {_same(table)} FOR NO KEY UPDATE OF t SKIP LOCKED)"
        f" UPDATE {_named(table)} AS t SET {sets} FROM free WHERE t.ctid = free.place AND t.tableoid = free.home"
    )


def _same(table: RewrittenTable) -> str:
    """Return the condition that a row is one of the batch and holds what was read; its parameters are the end keys."""
    keys = ", ".join(f"t.{_quoted(name)}" for name in table.key)
    end = ", ".join(["%s"] * len(table.key))
    same = [f"t.{_quoted(name)} = n.key_{place}" for place, name in enumerate(table.key)]
    same += [f"t.{_quoted(name)} IS NOT DISTINCT FROM n.old_{place}" for place, name in enumerate(table.changed)]
    return " AND ".join([*same, f"({keys}) >= ({end})", f"({keys}) <= ({end})"])


def _setting(wanted: Mapping[str, str], *, is_local: bool = False) -> tuple[bytes, list[object]]:
    calls = ", ".join([f"pg_catalog.set_config(%s, %s, {is_local})"] * len(wanted))
    return f"SELECT {calls}".encode(), [part for pair in wanted.items() for part in pair]


def _named(table: RewrittenTable) -> str:
    return ".".join(_quoted(each) for each in (table.schema, table.table) if each)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _places(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


REWRITING = PostgresqlRewriting()
