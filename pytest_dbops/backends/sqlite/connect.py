"""Open a SQLite file for reading only; never make one, never change one."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pytest_dbops.backends.sqlite.faults import open_fault
from pytest_dbops.backends.sqlite.urls import FilePlace
from pytest_dbops.core.errors import CannotJudge, Unreachable
from pytest_dbops.core.session import Limits

READ_ONLY_NOTE = (
    "nothing may be written beside the WAL database, so it is read as an immutable file; a change made meanwhile "
    "is found out at the end"
)
DECLARED_NOTE = "the URL declares the file immutable; a change made meanwhile is found out at the end"
_VIRTUAL_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage = 0"


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection inside its read transaction.

    note: how the file had to be opened, in words; empty when nothing is unusual.
    makes_side_files: whether SQLite made `-wal` and `-shm` for this connection, which it leaves behind.
    """

    connection: sqlite3.Connection
    note: str = ""
    makes_side_files: bool = False


def connect(place: FilePlace, limits: Limits) -> Opened:
    """Open a file for reading.

    Raises Unreachable when there is no such file or it cannot be read, TimedOut when a writer holds it,
    CannotJudge when it is no SQLite database or cannot be read without changing something beside it.
    """
    _require_file(place.path)
    if ("immutable", "1") in place.options:
        return _open_immutable(place, limits, DECLARED_NOTE)
    may_write, wal = _may_write_beside(place.path), wal_of(place.path)
    had_wal = wal.exists()
    if not may_write and not had_wal and _is_wal(place.path):
        return _open_immutable(place, limits, READ_ONLY_NOTE)
    try:
        with ExitStack() as failing:
            connection = failing.enter_context(closing(_open(place.uri, limits)))
            opened = Opened(connection, makes_side_files=not had_wal and _uses_wal(connection))
            failing.pop_all()
            return opened
    except sqlite3.Error as err:
        if may_write or not _is_wal(place.path):
            raise open_fault(err, str(place.path), limits.lock_timeout_s) from None
    if wal.exists() and wal.stat().st_size:
        raise CannotJudge(
            f"{place.path} has {wal.stat().st_size} bytes in its -wal file, which cannot be read in a read-only folder "
            "(checkpoint it with write access, or let the gate write to the folder)"
        )
    return _open_immutable(place, limits, READ_ONLY_NOTE)


def remove_side_files(path: Path) -> None:
    """Let SQLite remove the empty `-wal` and the `-shm` that a reader of its own left; never raises.

    A reader may not remove them itself, and they may belong to a user whom the application cannot share them
    with. The library does it under its locks, and leaves them to whoever else has the database open.
    """
    with suppress(OSError, sqlite3.Error):
        if wal_of(path).stat().st_size:
            return
        uri = f"file:{quote(str(path.absolute()))}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def wal_of(path: Path) -> Path:
    """Return where SQLite keeps the write-ahead log of a database: beside the real file."""
    return Path(f"{path.resolve()}-wal")


def _open_immutable(place: FilePlace, limits: Limits, note: str) -> Opened:
    options = (*(option for option in place.options if option[0] != "immutable"), ("immutable", "1"))
    try:
        return Opened(_open(place.uri_with(options), limits), note)
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
        raise Unreachable(f"there is no file {str(path)!r} (dbops setup makes a database that is missing)") from None
    except OSError as err:
        raise Unreachable(f"cannot read {str(path)!r}: {err.strerror}") from None
    if not stat.S_ISREG(facts.st_mode):
        raise Unreachable(f"{str(path)!r} is not a file")
    if not _may(path, os.R_OK):
        raise Unreachable(f"this user may not read {str(path)!r}")


def _uses_wal(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal")


def _is_wal(path: Path) -> bool:
    """Read the file's header; only for files this user may not write.

    Closing the file drops all POSIX locks this process holds on it, those of its SQLite connections included
    (SQLite, "How To Corrupt An SQLite Database File", 2.2), so a writer of our own would lose its lock.
    """
    with path.open("rb") as file:
        return file.read(20)[18:] == b"\x02\x02"  # SQLite, "Database File Format", offsets 18 and 19


def _may_write_beside(path: Path) -> bool:
    """Tell whether side files may be made, and removed again by a connection that may write to the file."""
    return _may(path, os.W_OK) and _may(path.resolve().parent, os.W_OK)


def _may(path: Path, right: int) -> bool:
    return os.access(path, right, effective_ids=os.access in os.supports_effective_ids)
