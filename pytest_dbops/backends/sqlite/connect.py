"""Open a SQLite file for reading only; never make one, never change one."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

from pytest_dbops.backends.sqlite.faults import open_fault
from pytest_dbops.backends.sqlite.urls import FilePlace
from pytest_dbops.core.errors import CannotJudge, Unreachable
from pytest_dbops.core.session import Limits

IMMUTABLE_NOTE = (
    "the folder is read-only, so the WAL database is read as an immutable file; changes made meanwhile end the session"
)


_VIRTUAL_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage = 0"


def connect(place: FilePlace, limits: Limits) -> tuple[sqlite3.Connection, str]:
    """Return a connection inside a read transaction, and a note on how the file had to be opened, if any.

    Raises Unreachable when there is no such file or it cannot be read, TimedOut when a writer holds it,
    CannotJudge when it is no SQLite database or cannot be read without changing something beside it.
    """
    _require_file(place.path)
    try:
        return _open(place.uri, limits), ""
    except sqlite3.Error as err:
        if not _is_wal_in_read_only_folder(place.path, err):
            raise open_fault(err, str(place.path), limits.lock_timeout_s) from None
    wal = Path(f"{place.path}-wal")
    if wal.exists() and wal.stat().st_size:
        raise CannotJudge(
            f"{place.path} has {wal.stat().st_size} bytes in its -wal file, which cannot be read in a read-only folder "
            "(checkpoint it with write access, or let the gate write to the folder)"
        )
    try:
        return _open(place.uri_with((*place.options, ("immutable", "1"))), limits), IMMUTABLE_NOTE
    except sqlite3.Error as err:
        raise open_fault(err, str(place.path), limits.lock_timeout_s) from None


def _open(uri: str, limits: Limits) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, uri=True, timeout=limits.lock_timeout_s, isolation_level=None, check_same_thread=False
    )
    try:
        # Bytes that are no UTF-8 must not hide the row they stand in.
        connection.text_factory = _lenient_text
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        _connect_virtual_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_virtual_tables(connection: sqlite3.Connection) -> None:
    """Let modules compile what they need on their first use, writes of theirs included, before writes are denied.

    Reads the schema, so that the transaction has its snapshot. A table whose module is missing fails when it is
    asked for.
    """
    for (name,) in connection.execute(_VIRTUAL_TABLES).fetchall():
        quoted = '"' + str(name).replace('"', '""') + '"'
        with suppress(sqlite3.Error):
            connection.execute("SELECT 1 FROM " + quoted + " LIMIT 0")  # noqa: S608  # quoted as a name


def _lenient_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _require_file(path: Path) -> None:
    try:
        facts = path.stat()
    except FileNotFoundError:
        raise Unreachable(f"there is no file {str(path)!r}") from None
    except OSError as err:
        raise Unreachable(f"cannot read {str(path)!r}: {err.strerror}") from None
    if not stat.S_ISREG(facts.st_mode):
        raise Unreachable(f"{str(path)!r} is not a file")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise Unreachable(f"this user may not read {str(path)!r}")


def _is_wal_in_read_only_folder(path: Path, error: sqlite3.Error) -> bool:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
        return False
    with path.open("rb") as file:
        header = file.read(20)
    is_wal = header[18:20] == b"\x02\x02"  # SQLite, "Database File Format", offsets 18 and 19
    return is_wal and not os.access(
        path.resolve().parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids
    )
