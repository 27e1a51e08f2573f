"""A slow line between a client and a PostgreSQL server that counts round trips as they travel."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict

HELD_S = 0.1
_PIECE_BYTES = 1 << 16


class Wire:
    """How often a client sent something after an answer had reached it: round trips.

    Answers are held back until the client was silent for `HELD_S`, as a long line would. So what is sent without
    waiting for an answer is one round trip, in however many pieces it leaves.
    """

    def __init__(self) -> None:
        self.round_trips = 0
        self._is_asking = False

    def carry(self, client: socket.socket, server: socket.socket) -> None:
        """Carry what both say until one of them hangs up."""
        held, said_at = bytearray(), time.monotonic()
        while True:
            wait_s = max(0.0, said_at + HELD_S - time.monotonic()) if held else None
            ready, _, _ = select.select([client, server], [], [], wait_s)
            if not ready:
                client.sendall(held)
                held.clear()
                self._is_asking = False
            if server in ready:
                piece = server.recv(_PIECE_BYTES)
                if not piece:
                    client.sendall(held)
                    return
                held += piece
            if client in ready:
                piece = client.recv(_PIECE_BYTES)
                if not piece:
                    return
                self.round_trips += not self._is_asking
                self._is_asking, said_at = True, time.monotonic()
                server.sendall(piece)


@contextmanager
def counted_wire(url: str, folder: Path) -> Iterator[tuple[str, Wire]]:
    """Yield a URL that leads to the same database through a wire that counts; for one connection."""
    given = {name: str(text) for name, text in conninfo_to_dict(url).items()}
    real = f"{given.pop('host')}/.s.PGSQL.{given.pop('port', '5432')}"
    wire = Wire()
    with closing(socket.socket(socket.AF_UNIX)) as door:
        door.bind(str(folder / ".s.PGSQL.5432"))
        door.listen(1)
        carrier = threading.Thread(target=_carry, args=(door, real, wire), daemon=True)
        carrier.start()
        yield f"postgresql:///?{urlencode({'host': str(folder), 'port': '5432', **given})}", wire
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
    carrier.join(timeout=10)


def _carry(door: socket.socket, real: str, wire: Wire) -> None:
    with suppress(OSError):  # nobody came, or somebody hung up
        client, _ = door.accept()
        with closing(client), closing(socket.socket(socket.AF_UNIX)) as server:
            server.connect(real)
            wire.carry(client, server)
