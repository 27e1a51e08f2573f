"""Who holds a lock on a SQLite file, asked of the operating system without taking one.

SQLite locks bytes of its files (SQLite documentation, "File Locking And Concurrency", section 3, and
"WAL-mode File Format", section 2.3). `F_GETLK` tells which process would be in the way of a lock, and takes
none. It must be asked from another process: POSIX drops all locks a process holds on a file when that
process closes any descriptor of the file, so that asking from here would take away the locks of our own
connections. Therefore this file is also a program: `python -I -S file_locks.py PATH`, JSON on its output.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

WATCH_S = 1.0
_STEP_S = 0.02
_TIMEOUT_S = 15.0
_LAYOUTS = {"linux": ("hhlli", (0, 4)), "darwin": ("qqihh", (3, 2))}
"""`struct flock` by system: its layout, and where in it the kind of lock and the process are."""

_BYTES = (("", 0x40000001, "reserved"), ("", 0x40000000, "pending"), ("-shm", 120, "wal_write"))


@dataclass(frozen=True, slots=True)
class FileLock:
    """A lock that another connection holds.

    name: `reserved` (a write transaction is open), `pending` (it waits for readers to leave), `wal_write`
        (a write transaction is open, in WAL mode).
    pid: the process, as far as the system tells; 0 for one on another host or in another namespace.
    held_s: how long we have watched the same process hold it, at most `WATCH_S`.
    """

    name: str
    pid: int
    held_s: float


def can_read_locks() -> bool:
    """Tell whether this system answers the question."""
    return sys.platform in _LAYOUTS


def read_locks(database: Path) -> tuple[FileLock, ...]:
    """Return the write locks on a database file; watches for up to `WATCH_S` only when there is one.

    Raises OSError when the file cannot be read or the question is not answered in time.
    """
    command = [sys.executable, "-I", "-S", __file__, str(database)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except subprocess.SubprocessError as err:
        raise OSError(f"the locks of {database} could not be read: {err}") from err
    return tuple(FileLock(**row) for row in json.loads(done.stdout))


def _watched(database: Path) -> tuple[FileLock, ...]:
    first = _holders(database)
    begun, watched_s = time.monotonic(), 0.0
    held = dict.fromkeys(first, 0.0)
    still = set(first)
    while still and watched_s < WATCH_S:
        time.sleep(_STEP_S)
        still &= set(_holders(database))
        watched_s = time.monotonic() - begun
        held |= dict.fromkeys(still, watched_s)
    return tuple(FileLock(name, pid, round(seconds, 3)) for (name, pid), seconds in held.items())


def _holders(database: Path) -> list[tuple[str, int]]:
    found = []
    for suffix, offset, name in _BYTES:
        path = Path(str(database) + suffix)
        if path.exists() and (pid := _holder(path, offset)) is not None:
            found.append((name, pid))
    return found


def _holder(path: Path, offset: int) -> int | None:
    """Return the process that would be in the way of a write lock on one byte, or None."""
    import fcntl

    layout, (kind_at, pid_at) = _LAYOUTS[sys.platform]
    fields: list[int] = [fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0]
    if sys.platform == "darwin":
        fields = [offset, 1, 0, fcntl.F_WRLCK, os.SEEK_SET]
    with _open(path) as file:
        answer = struct.unpack(layout, fcntl.fcntl(file, fcntl.F_GETLK, struct.pack(layout, *fields)))
    return None if answer[kind_at] == fcntl.F_UNLCK else max(0, answer[pid_at])


@contextmanager
def _open(path: Path) -> Iterator[int]:
    file = os.open(path, os.O_RDONLY)
    try:
        yield file
    finally:
        os.close(file)


if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(lock) for lock in _watched(Path(sys.argv[1]))]))
