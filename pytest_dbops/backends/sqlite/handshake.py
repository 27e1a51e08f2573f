"""Find out which SQLite file a session is on, and refuse any other."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pytest_dbops.backends.sqlite.versions import require_supported
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import WrongTarget
from pytest_dbops.core.session import Identity

_HAS_MARKER = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'dbops_marker'"
_MARKER = "SELECT CAST(environment AS TEXT) FROM dbops_marker LIMIT 2"


def refuse_elsewhere(path: Path, expect: Expectation) -> None:
    """Raise WrongTarget when the file is not the declared one; opens nothing.

    `host` is the file's path, `database` its name, with or without the suffix.
    """
    if expect.host is not None and not _is_file(path, Path(expect.host)):
        raise WrongTarget(f"the file is {str(path.resolve())!r}, but {expect.host!r} is declared; nothing was read")
    if expect.database is not None and expect.database not in (path.name, path.stem):
        raise WrongTarget(f"the file is {path.name!r}, but {expect.database!r} is declared; nothing was read")
    if expect.role is not None:
        raise WrongTarget(f"role {expect.role!r} is declared, but SQLite has no roles; nothing was read")


def identify(connection: sqlite3.Connection, path: Path, expect: Expectation) -> Identity:
    """Return where the session is; raises WrongTarget when the marker is not the declared one."""
    version = require_supported(sqlite3.sqlite_version_info)
    marker = _read_marker(connection)
    if expect.marker is not None and marker != expect.marker:
        is_there = f"is {marker!r}" if marker is not None else "is not there"
        raise WrongTarget(f"the marker {is_there}, but {expect.marker!r} is declared; nothing else was read")
    return Identity(
        host=str(path.resolve()),
        database=path.name,
        role="",
        marker=marker,
        server=f"SQLite {sqlite3.sqlite_version}",
        version=version,
    )


def _read_marker(connection: sqlite3.Connection) -> str | None:
    if not connection.execute(_HAS_MARKER).fetchone()[0]:
        return None
    try:
        rows = connection.execute(_MARKER).fetchall()
    except sqlite3.Error:
        return None
    if len(rows) > 1:
        raise WrongTarget("table dbops_marker holds more than one row; it must name one environment")
    return str(rows[0][0]) if rows else None


def _is_file(path: Path, expected: Path) -> bool:
    try:
        return path.samefile(expected)
    except OSError:
        return path.resolve() == expected.resolve()
