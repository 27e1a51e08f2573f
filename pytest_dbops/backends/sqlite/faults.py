"""What SQLite says, as this project's exceptions: one line, by result code, never by text."""

from __future__ import annotations

import sqlite3

from pytest_dbops.core.errors import CannotJudge, DamageFound, LockNotFree, NotReadable, TimedOut, Unreachable


def fault_of(error: sqlite3.Error, *, denied: str, timeout_s: float) -> CannotJudge:
    """Return the exception that says what SQLite said about a statement.

    denied: what the authorizer refused while the statement was compiled, or nothing.
    """
    said, code = " ".join(str(error).split()), _primary_code(error)
    if denied or code in (sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY):
        return NotReadable(f"the gate's session only reads: {denied or said} is refused")
    if code == sqlite3.SQLITE_INTERRUPT:
        return TimedOut(f"statement ended after {timeout_s:g} s (raise the environment's statement_timeout_s)")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LockNotFree(f"lock not available: {said} (another process writes; try again)")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM):
        return Unreachable(f"the file cannot be read any more: {said}")
    return DamageFound(said) if code == sqlite3.SQLITE_CORRUPT else CannotJudge(said)


def open_fault(error: sqlite3.Error, shown: str, timeout_s: float) -> CannotJudge:
    """Return the one line that says why a file could not be opened and read."""
    code = _primary_code(error)
    if code == sqlite3.SQLITE_NOTADB:
        return CannotJudge(f"{shown} is not a SQLite database, or it is encrypted")
    if code == sqlite3.SQLITE_CORRUPT:
        return CannotJudge(f"{shown} is damaged: its schema cannot be read (PRAGMA integrity_check; restore a backup)")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LockNotFree(f"{shown} is locked by a writer for longer than {timeout_s:g} s (try again)")
    if code == sqlite3.SQLITE_READONLY:
        return CannotJudge(
            f"{shown} was left in the middle of a write; open it once with write access, so that SQLite mends it"
        )
    return Unreachable(f"cannot read {shown}: {' '.join(str(error).split())}")


def _primary_code(error: sqlite3.Error) -> int:
    """Return the primary result code; an extended one holds it in its low byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
