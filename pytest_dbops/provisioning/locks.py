"""A lock between processes that its holder's death releases, so that there is no stale lock to clear."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_dbops.core.errors import TimedOut

POLL_S = 0.005


@contextmanager
def file_lock(path: Path, *, patience_s: float) -> Iterator[None]:
    """Hold an exclusive lock on a file, which is made and never removed; raises TimedOut."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait_for(descriptor, path, patience_s)
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Lock a file without waiting; return the descriptor that holds it, or None when another one does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _wait_for(descriptor: int, path: Path, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimedOut(
                    f"another process holds {path.name!r} for more than {patience_s:.0f} s (run: dbops scratch status)"
                ) from None
            time.sleep(POLL_S)
        else:
            return
