"""Cut a connection on which an answer is overdue.

The server's own time-outs come first. But a server that is stopped, or a network that swallows, keeps no time,
and the driver waits for as long as the connection stands.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

GRACE_S = 5.0
"""How much longer than its limits allow an answer is waited for."""

LOOK_EVERY_S = 0.25


class Watchdog:
    """One thread that looks at the clock for one connection; `stop` ends it."""

    __slots__ = ("_connection", "_deadline", "_ended", "has_cut")

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._deadline = math.inf
        self._ended = threading.Event()
        self.has_cut = False
        threading.Thread(target=self._watch, name="dbops watchdog", daemon=True).start()

    def wait_for(self, seconds: float) -> None:
        """Begin to wait for an answer that may take so long, and the grace beyond it."""
        self._deadline = time.monotonic() + seconds + GRACE_S

    def relax(self) -> None:
        """Note that the answer came."""
        self._deadline = math.inf

    def stop(self) -> None:
        """End the thread; never raises."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            if time.monotonic() > self._deadline:
                self.has_cut = True
                self._cut()
                return

    def _cut(self) -> None:
        """Shut the socket under the connection, so that whoever waits on it wakes up."""
        with suppress(Exception), socket.socket(fileno=os.dup(self._connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
