"""A relay in front of a server that changes the version it announces: an old server that still can be had."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

VERSION = re.compile(rb"(server_version\x00)[0-9]{2}")


@contextmanager
def announcing(major: bytes, target_port: int) -> Iterator[int]:
    """Yield a port of this machine that leads to `target_port`, where the server calls itself version `major`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, major, target_port), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


def _serve(listener: socket.socket, major: bytes, target_port: int) -> None:
    with suppress(OSError):
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", target_port)) as server:
            forward = threading.Thread(target=_pump, args=(client, server, None), daemon=True)
            forward.start()
            _pump(server, client, major)
            forward.join(timeout=10)


def _pump(source: socket.socket, sink: socket.socket, major: bytes | None) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(VERSION.sub(rb"\g<1>" + major, data) if major else data)
        sink.shutdown(socket.SHUT_WR)
