"""Put a SQLite file for tests back after each of them, seen and undone through SQLite itself.

`PRAGMA data_version` tells whether any other connection has committed; the content comes back by the backup API,
so that connections which stay open in a pool see it. Whoever holds a transaction open makes that impossible, and
is found by it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from pytest_dbops.core.errors import Unreachable
from pytest_dbops.core.isolation import Leak, Settled, State

GRACE_S = 0.25
"""How long a lock may last whose holder is just letting go."""

_BESIDE = ("-wal", "-shm", "-journal")


class SqliteKeeper:
    """See `core.isolation.Keeper`; template: the finished file that the database is a copy of."""

    _inode: int
    _seen: int

    def __init__(self, file: Path, template: Path) -> None:
        self._file = file
        self._template = template
        self._watch: sqlite3.Connection | None = None
        self._start()

    def settle(self, *, mends_server: bool = False) -> Settled:
        """Put the file back; see the port. ALTERED means that it has to be copied anew."""
        try:
            held, version = self._is_held(), self._version()
        except sqlite3.Error:  # no database any more
            return Settled(State.ALTERED)
        if held:
            return Settled(State.ALTERED, (Leak("a transaction open"),))
        if version == self._seen and self._is_same_file():
            return Settled(State.PRISTINE)
        if not self._is_same_file() or not self._put_back():
            return Settled(State.ALTERED)
        self._seen = self._version()
        return Settled(State.RESTORED)

    def renew(self) -> None:
        """Copy the template to a new file in the place of the old one; open connections keep the old one."""
        self.close()
        for beside in _BESIDE:
            self._file.with_name(self._file.name + beside).unlink(missing_ok=True)
        fresh = self._file.with_name(f"{self._file.name}.new")
        fresh.write_bytes(self._template.read_bytes())
        fresh.replace(self._file)
        self._start()

    def close(self) -> None:
        """Let go of the file; never raises."""
        if self._watch is not None:
            with suppress(sqlite3.Error):
                self._watch.close()
            self._watch = None

    def _start(self) -> None:
        self._watch = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=GRACE_S)
        try:
            self._inode = self._file.stat().st_ino
            self._seen = self._version()
        except BaseException:
            self.close()
            raise

    def _open_watch(self) -> sqlite3.Connection:
        if self._watch is None:
            raise Unreachable(f"the test database {str(self._file)!r} is closed")
        return self._watch

    def _version(self) -> int:
        return int(self._open_watch().execute("PRAGMA data_version").fetchone()[0])

    def _is_held(self) -> bool:
        """Tell whether another connection holds a transaction, by taking the lock that bears no other."""
        watch = self._open_watch()
        try:
            watch.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        watch.execute("ROLLBACK")
        return False

    def _is_same_file(self) -> bool:
        try:
            return self._file.stat().st_ino == self._inode
        except OSError:
            return False

    def _put_back(self) -> bool:
        watch = self._open_watch()
        try:
            watch.execute("PRAGMA journal_mode = delete").fetchone()
            with closing(sqlite3.connect(f"file:{self._template}?mode=ro&immutable=1", uri=True)) as template:
                template.backup(watch)
        except sqlite3.Error:
            return False
        return True
