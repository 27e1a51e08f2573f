"""Replace fields of a SQLite table in batches, each a short transaction under the file's write lock."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pytest_dbops.backends.sqlite.writing import opened_for_writing, transaction, undone_on_error
from pytest_dbops.core.errors import Blocked
from pytest_dbops.core.rewriting import Change, Rewriter, RewrittenTable, Row, unnamed_index

_LONGEST_PAUSE_S = 0.1
"""As long as SQLite's own busy handler waits between two looks, at most."""

_UNIQUE = """
SELECT (SELECT group_concat(i.name, char(0)) FROM pragma_index_info(l.name) AS i)
FROM pragma_index_list(?) AS l
WHERE l."unique" AND NOT l.partial
"""


class SqliteRewriter:
    """One connection in autocommit; implements `Rewriter`."""

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self._connection = connection
        self._file = file

    def read(self, table: RewrittenTable, after: Row | None, limit: int) -> Sequence[Row]:
        """Read a batch; see `Rewriter`."""
        params: list[object] = []
        wanted = [f"({table.condition})"] if table.condition else []
        if table.only is not None:
            column, values = table.only
            wanted.append(f"{_quoted(column)} IN ({_places(values)})")
            params += values
        if after is not None:
            wanted.append(f"({_listed(table.key)}) > ({_places(after)})")
            params += after
        names = (f"CAST({_quoted(each)} AS text)" if each in table.as_text else _quoted(each) for each in table.read)
        where = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        with undone_on_error(self._connection, self._file):
            return self._connection.execute(
                f"SELECT {', '.join([*names, _listed(table.key)])} FROM {_quoted(table.table)}{where}"  # noqa: S608
                f" ORDER BY {_listed(table.key)} LIMIT {limit:d}",
                params,
            ).fetchall()

    def write(self, table: RewrittenTable, changes: Sequence[Change]) -> int:
        """Replace a batch; see `Rewriter`. SQLite locks the file and no rows: there are none to pass over."""
        same = (*table.key, *table.changed)
        sets = ", ".join(f"{_quoted(each)} = ?" for each in table.changed)
        where = " AND ".join(f"{_quoted(each)} IS ?" for each in same)
        as_written = ((*change[len(same) :], *change[: len(same)]) for change in changes)
        sql = f"UPDATE {_quoted(table.table)} SET {sets} WHERE {where}"  # noqa: S608  # quoted names
        with transaction(self._connection, self._file):
            began_s = time.monotonic()
            done = max(0, self._connection.executemany(sql, as_written).rowcount)
        # Who waits for the file asks now and then and stands in no queue: a lock that is taken again at once is never
        # seen free, and readers give up after their time-out.
        time.sleep(min(time.monotonic() - began_s, _LONGEST_PAUSE_S))
        return done

    def make_unique(self, table: RewrittenTable, name: str, columns: Sequence[str]) -> None:
        """Make a unique index under the file's lock; see `Rewriter`."""
        with undone_on_error(self._connection, self._file):
            rows = self._connection.execute(_UNIQUE, [table.table]).fetchall()
            if any(sorted(row[0].split("\0")) == sorted(columns) for row in rows):
                return
            if not name:
                raise Blocked(unnamed_index(table, columns))
            self._connection.execute(
                f"CREATE UNIQUE INDEX {_quoted(name)} ON {_quoted(table.table)} ({_listed(columns)})"
            )


class SqliteRewriting:
    """Opens rewriters; implements `RewritingProduct`."""

    @contextmanager
    def open_rewriter(self, url: str, *, timeout_s: float, lock_s: float, application: str) -> Iterator[Rewriter]:
        """Open the file for writing, never making one; see `RewritingProduct`."""
        with opened_for_writing(url, lock_s=lock_s) as (connection, file):
            yield SqliteRewriter(connection, file)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_quoted, names))


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


REWRITING = SqliteRewriting()
