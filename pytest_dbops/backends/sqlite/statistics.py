"""What a SQLite database says of itself: its settings, its files, and who is writing to it.

Parts (rows by column name; sizes end in `_bytes`):

    files   the database file and what lies beside it (`-journal`, `-wal`, `-shm`): size, mode, folder's mode;
            `is_hot_journal` marks a journal with a valid header, which belongs to a write that has not ended
    tables  every table with about its rows, exactly where they are few; null for a large one without row numbers
    analyzed  tables of which ANALYZE has kept something; none at all before the first ANALYZE
    database_size  bytes of all pages
    disks   room of the folder that holds the file
    locks   write locks that other connections hold now, with the process and how long they were watched

`settings` are pragmas. Those of the file (journal_mode, page_size, auto_vacuum, encoding, user_version, ...)
hold for everybody; those of a connection (foreign_keys, synchronous, busy_timeout, ...) are ours alone.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from pytest_dbops.backends.sqlite.file_locks import can_read_locks, read_locks
from pytest_dbops.backends.sqlite.row_counts import row_counts
from pytest_dbops.core.session import Session, Statistics

PRAGMAS = (
    "journal_mode", "synchronous", "foreign_keys", "locking_mode", "page_size", "page_count", "freelist_count",
    "auto_vacuum", "encoding", "application_id", "user_version",
)  # fmt: skip
_NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"

_TABLES = """
SELECT t.name, t.wr
  FROM pragma_table_list AS t
 WHERE t.schema = 'main' AND t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_' AND substr(t.name, 1, 6) <> 'dbops_'
 ORDER BY t.name
"""
_STATISTICS_TABLE = "SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'"
_ANALYZED = "SELECT tbl, max(CAST(stat AS INTEGER)) AS rows FROM sqlite_stat1 GROUP BY tbl ORDER BY tbl"
_SIDE_FILES = ("", "-journal", "-wal", "-shm")
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


def read_statistics(session: Session) -> Statistics:
    """Return one snapshot of a SQLite database: some statements on its own file, and one look beside it."""
    database = Path(session.identity.host)
    settings = {name: str(session.scalar("PRAGMA " + name)) for name in PRAGMAS}
    size_bytes = int(settings["page_count"]) * int(settings["page_size"])
    parts: dict[str, list[dict[str, Any]]] = {
        "files": [_describe(file) for file in _files(database)],
        "tables": _read_tables(session, size_bytes),
        "analyzed": _read_analyzed(session),
        "disks": [_room(database.parent)],
        "locks": [],
    }
    unreadable = _read_locks_into(parts, database)
    parts["database_size"] = [{"name": session.identity.database, "bytes": size_bytes}]
    return Statistics(
        dialect=session.dialect,
        version=session.identity.version,
        taken_at=str(session.scalar(_NOW)),
        settings=settings,
        parts=parts,
        unreadable=unreadable,
    )


def _read_tables(session: Session, size_bytes: int) -> list[dict[str, Any]]:
    tables = {row["name"]: not row["wr"] for row in session.query(_TABLES)}
    rows = row_counts(session, tables, size_bytes)
    return [{"name": name, "parent": None, "rows": rows[name], "bytes": 0, "index_bytes": 0} for name in tables]


def _read_analyzed(session: Session) -> list[dict[str, Any]]:
    if not session.query(_STATISTICS_TABLE):
        return []
    return [{"name": row["tbl"], "rows": row["rows"]} for row in session.query(_ANALYZED)]


def _room(folder: Path) -> dict[str, Any]:
    room = os.statvfs(folder)
    return {
        "name": "data",
        "folder": str(folder),
        "bytes": room.f_blocks * room.f_frsize,
        "free_bytes": room.f_bavail * room.f_frsize,
    }


def _files(database: Path) -> list[Path]:
    candidates = [Path(str(database) + suffix) for suffix in _SIDE_FILES]
    return [file for file in candidates if file.exists()]


def _describe(file: Path) -> dict[str, Any]:
    facts = file.stat()
    return {
        "name": file.name,
        "size_bytes": facts.st_size,
        "mode": f"{stat.S_IMODE(facts.st_mode):04o}",
        "folder_mode": f"{stat.S_IMODE(file.parent.stat().st_mode):04o}",
        "is_hot_journal": file.name.endswith("-journal") and _starts_with_magic(file),
    }


def _starts_with_magic(journal: Path) -> bool:
    """Tell whether a rollback journal is valid; one that was persisted, truncated or finished is not."""
    with journal.open("rb") as opened:
        return opened.read(len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC


def _read_locks_into(parts: dict[str, list[dict[str, Any]]], database: Path) -> dict[str, str]:
    if not can_read_locks():
        return {"locks": "this system does not tell who holds a lock on a file"}
    try:
        locks = read_locks(database)
    except OSError as err:
        return {"locks": str(err)}
    parts["locks"] = [{"name": lock.name, "pid": lock.pid, "held_s": lock.held_s} for lock in locks]
    return {}
