"""What a SQLite database says of itself: its settings, its files, and who is writing to it.

Parts (rows by column name; sizes end in `_bytes`):

    files   the database file and what lies beside it (`-journal`, `-wal`, `-shm`): size, mode, folder's mode;
            `is_hot_journal` marks a journal with a valid header, which belongs to a write that has not ended
    locks   write locks that other connections hold now, with the process and how long they were watched

`settings` are pragmas. Those of the file (journal_mode, page_size, auto_vacuum, encoding, user_version, ...)
hold for everybody; those of a connection (foreign_keys, synchronous, busy_timeout, ...) are ours alone.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from pytest_dbops.backends.sqlite.file_locks import can_read_locks, read_locks
from pytest_dbops.core.session import Session, Statistics

PRAGMAS = """
SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') AS taken_at,
       (SELECT journal_mode FROM pragma_journal_mode) AS journal_mode,
       (SELECT synchronous FROM pragma_synchronous) AS synchronous,
       (SELECT foreign_keys FROM pragma_foreign_keys) AS foreign_keys,
       (SELECT locking_mode FROM pragma_locking_mode) AS locking_mode,
       (SELECT page_size FROM pragma_page_size) AS page_size,
       (SELECT page_count FROM pragma_page_count) AS page_count,
       (SELECT freelist_count FROM pragma_freelist_count) AS freelist_count,
       (SELECT auto_vacuum FROM pragma_auto_vacuum) AS auto_vacuum,
       (SELECT encoding FROM pragma_encoding) AS encoding,
       (SELECT application_id FROM pragma_application_id) AS application_id,
       (SELECT user_version FROM pragma_user_version) AS user_version
"""

_SIDE_FILES = ("", "-journal", "-wal", "-shm")
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")


def read_statistics(session: Session) -> Statistics:
    """Return one snapshot of a SQLite database, in one statement and one look at its files.

    A database in memory has no files: both parts are empty then.
    """
    settings = dict(session.query(PRAGMAS)[0])
    taken_at = str(settings.pop("taken_at"))
    database = _file_of(session)
    parts: dict[str, list[dict[str, Any]]] = {"files": [], "locks": []}
    unreadable: dict[str, str] = {}
    if database is not None:
        parts["files"] = [_describe(file) for file in _files(database)]
        unreadable = _read_locks_into(parts, database)
    return Statistics(
        dialect=session.dialect,
        version=session.identity.version,
        taken_at=taken_at,
        settings={name: str(value) for name, value in settings.items()},
        parts=parts,
        unreadable=unreadable,
    )


def _file_of(session: Session) -> Path | None:
    """Return the file of the main database as SQLite itself names it."""
    name = session.scalar("SELECT file FROM pragma_database_list WHERE name = 'main'")
    return Path(str(name)) if name else None


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
