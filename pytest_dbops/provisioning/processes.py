"""Tell processes apart by pid and start time, so that a reused pid is never taken for its former owner."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from pytest_dbops.core.frozen import frozen
from pytest_dbops.provisioning.supervisor import process_start

POLL_S = 0.005


@frozen
class ProcessIdentity:
    """A process that cannot be confused with a later one of the same number."""

    pid: int
    start: int

    @property
    def is_alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return process_start(self.pid) == self.start


def current_process() -> ProcessIdentity:
    """Return the identity of the calling process."""
    identity = identify(os.getpid())
    if identity is None:
        raise RuntimeError("this platform does not tell when a process began")
    return identity


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a running process, or None when there is none."""
    start = process_start(pid)
    return None if start is None else ProcessIdentity(pid, start)


def wait_until_gone(process: ProcessIdentity, *, patience_s: float) -> bool:
    """Wait for the end of a process; tell whether it ended in time."""
    deadline = time.monotonic() + patience_s
    while process.is_alive:
        with suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)  # a child of ours stays a zombie until somebody asks
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def send_signal(process: ProcessIdentity, number: signal.Signals) -> bool:
    """Send a signal to exactly this process; tell whether it was there to get it."""
    if not process.is_alive:
        return False
    try:
        os.kill(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
