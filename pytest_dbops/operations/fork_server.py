"""The process that has imported what every process of ours needs, and becomes one by a fork (see `started`).

It imports libraries and our own modules, never the project, so that each of its children begins as a new interpreter
would. It ends when its owner does, and when it has had nothing to do for a while.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

IDLE_S = 20.0
NUMBER = struct.Struct("!q")
"""How a process id, an exit code and a length are written."""

KILL = b"k"
_DESCRIPTORS = 4


def main() -> NoReturn:
    """Serve orders from the socket whose descriptor is the only argument; in a fork, do what was ordered."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    become = _ForkServer(orders).serve()
    # Taking an interpreter apart costs a tenth of a second, and whoever ordered the process waits for its end.
    os._exit(0 if become is None else _ended_by(become))


def _ended_by(work: Callable[[], int]) -> int:
    """Do the work; returns the exit code after all that an interpreter does at its end which can be seen outside."""
    try:
        code = work()
    except SystemExit as err:
        code = err.code if isinstance(err.code, int) else int(err.code is not None)
        if isinstance(err.code, str):
            sys.stderr.write(f"{err.code}\n")
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()  # what the project has registered: temporary folders, mostly
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    return code


def send_order(orders: socket.socket, order: object, descriptors: list[int]) -> None:
    """Write an order, with what are to be the standard streams and the line of control of a new process."""
    text = json.dumps(order).encode()
    socket.send_fds(orders, [NUMBER.pack(len(text))], descriptors)
    orders.sendall(text)


def read_number(line: socket.socket) -> int | None:
    """Return the next number; None where the other end is gone."""
    with suppress(ConnectionError):
        read = _read(line, NUMBER.size)
        return NUMBER.unpack(read)[0] if read else None
    return None


def _read(line: socket.socket, size: int) -> bytes:
    """Return exactly so many bytes; none where the other end is gone."""
    read = b""
    while len(read) < size:
        more = line.recv(size - len(read))
        if not more:
            return b""
        read += more
    return read


class _ForkServer:
    """The loop: orders are forked, ended children are reported, those that are not wanted any more are killed."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._running: dict[int, socket.socket] = {}
        # An interrupt is the children's to hear, unless nobody here hears any.
        self._interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._ended, wakeup = socket.socketpair()
        for end in (self._ended, wakeup):
            end.setblocking(False)
        self._wakeup = wakeup
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector = selectors.DefaultSelector()
        for line in (orders, self._ended):
            self._selector.register(line, selectors.EVENT_READ)

    def serve(self) -> Callable[[], int] | None:
        """Return what a fork has to do; None in this process itself, when it is not needed any more."""
        while True:
            events = self._selector.select(None if self._running else IDLE_S)
            if not events and not self._running:
                return None
            for key, _ in events:
                if key.fileobj is self._ended:
                    self._report_ended()
                elif key.fileobj is self._orders:
                    order = self._take_order()
                    if order is None:
                        return None
                    self._import(order[0])
                    if "module" in order[0] and (become := self._fork(*order)) is not None:
                        return become
                else:
                    self._kill(key.fileobj)

    def _take_order(self) -> tuple[dict[str, Any], list[int]] | None:
        length, descriptors, _, _ = socket.recv_fds(self._orders, NUMBER.size, _DESCRIPTORS)
        if len(length) != NUMBER.size:
            return None
        text = _read(self._orders, NUMBER.unpack(length)[0])
        return (json.loads(text), descriptors) if text else None

    def _import(self, order: dict[str, Any]) -> None:
        gc.disable()  # modules are no garbage, and looking for any is a tenth of what importing them takes
        for name in (*order["imports"], *filter(None, [order.get("module")])):
            with suppress(Exception):  # whoever needs it will say so
                importlib.import_module(name)
        gc.freeze()
        gc.enable()

    def _fork(self, order: dict[str, Any], descriptors: list[int]) -> Callable[[], int] | None:
        *streams, control = descriptors
        pid = os.fork()
        line = socket.socket(fileno=control)
        if pid == 0:
            line.close()
            return self._become(order, streams)
        for stream in streams:
            os.close(stream)
        line.sendall(NUMBER.pack(pid))
        self._running[pid] = line
        self._selector.register(line, selectors.EVENT_READ)
        return None

    def _become(self, order: dict[str, Any], streams: list[int]) -> Callable[[], int]:
        """Make this fork the process that was ordered, with nothing of the server left in it."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, self._interrupt)
        self._selector.close()
        for line in (self._orders, self._ended, self._wakeup, *self._running.values()):
            line.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(order["environment"])
        time.tzset()
        os.chdir(order["cwd"])
        module = importlib.import_module(order["module"])
        sys.argv[:] = [str(module.__file__)]
        main: Callable[[], int] = module.main
        return main

    def _report_ended(self) -> None:
        with suppress(BlockingIOError):
            while self._ended.recv(64):
                pass
        for pid in list(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                line = self._running.pop(pid)
                with suppress(KeyError):
                    self._selector.unregister(line)
                with suppress(OSError), line:
                    line.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _kill(self, line: Any) -> None:
        """End the child whose owner does not want it any more, or is gone; it is reported as any other."""
        self._selector.unregister(line)
        for pid, other in self._running.items():
            if other is line:
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
