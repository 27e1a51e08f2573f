"""Which SQLite this project reads."""

from __future__ import annotations

from pytest_dbops.core.errors import CannotJudge

OLDEST = (3, 38)


def require_supported(version: tuple[int, ...]) -> tuple[int, int]:
    """Return (major, minor) of the library; raises CannotJudge when it is too old."""
    if version[:2] < OLDEST:
        found, oldest = ".".join(map(str, version)), ".".join(map(str, OLDEST))
        raise CannotJudge(f"Python's SQLite library is {found}; {oldest} or newer is needed (use a newer Python)")
    return version[0], version[1]


def library_version() -> str:
    """Return the version of the library that Python uses here."""
    import sqlite3  # the driver is loaded by whoever needs it

    return sqlite3.sqlite_version
