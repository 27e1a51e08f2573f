"""Open a SQLite file for writing and change it, each change a transaction under the file's write lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from pytest_dbops.backends.sqlite.urls import place_of
from pytest_dbops.core.errors import Blocked, Unreachable
from pytest_dbops.core.maintenance.worker import InTheWay, OutOfTime


@contextmanager
def opened_for_writing(url: str, *, lock_s: float) -> Iterator[tuple[sqlite3.Connection, Path]]:
    """Yield a connection in autocommit and its file, never making one; lock_s: longest wait for the file's lock.

    Raises Unreachable for a file that cannot be opened.
    """
    file = place_of(url).path
    uri = f"file:{quote(str(file.absolute()))}?mode=rw"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=lock_s, isolation_level=None)
    except sqlite3.Error as err:
        raise Unreachable(f"{str(file)!r} cannot be opened for writing: {err}") from None
    with closing(connection):
        yield connection, file


@contextmanager
def transaction(connection: sqlite3.Connection, file: Path) -> Iterator[None]:
    """Take the write lock and commit at the end; what is raised inside undoes all, and SQLite's errors are told."""
    with undone_on_error(connection, file):
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")


@contextmanager
def undone_on_error(connection: sqlite3.Connection, file: Path) -> Iterator[None]:
    """Tell SQLite's errors as the ports that write have them, and leave no transaction open behind any."""
    try:
        yield
    except sqlite3.Error as err:
        raise fault_of_worker(err, file) from None
    finally:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def fault_of_worker(err: sqlite3.Error, file: Path) -> Unreachable | InTheWay | OutOfTime | Blocked:
    """Return what SQLite said as the ports that write have it."""
    name = getattr(err, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return InTheWay(f"another connection holds the file: {err}")
    if name == "SQLITE_INTERRUPT":
        return OutOfTime("its time was up")
    if not file.exists():
        return Unreachable(f"there is no file {str(file)!r} any more")
    return Blocked(f"{err} [{name}]")
