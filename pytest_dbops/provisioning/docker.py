"""Tell whether containers can be started here, without loading testcontainers."""

from __future__ import annotations

import importlib.util
import socket
from urllib.parse import urlsplit

from pytest_dbops.core.frozen import frozen

DEFAULT_IMAGE = "postgres:17-alpine"
DEFAULT_HOST = "unix:///var/run/docker.sock"
PATIENCE_S = 2.0


@frozen
class Engine:
    """A Docker engine, or the reason why there is none; `is_local` when it is reached by a Unix socket."""

    host: str
    problem: str = ""

    @property
    def is_local(self) -> bool:
        """Whether its published ports can be bound to this machine's loopback address."""
        return self.host.startswith("unix:")


def find_engine(host: str) -> Engine:
    """Ask the Docker engine at this address for a sign of life; at most two seconds, never raises.

    Any answer counts, for one behind TLS refuses a plain question; one behind SSH is believed to be there.
    """
    if not host:
        return Engine(host, "no Docker engine is named")
    if importlib.util.find_spec("testcontainers") is None:
        return Engine(host, "testcontainers is not installed (run: pip install 'pytest-dbops[containers]')")
    parts = urlsplit(host)
    try:
        if parts.scheme == "unix":
            _knock(socket.AF_UNIX, parts.path)
        elif parts.scheme in ("tcp", "http"):
            _knock(socket.AF_INET, (parts.hostname or "", parts.port or 2375))
    except OSError as err:
        return Engine(host, f"no Docker engine answers at {host}: {err.strerror or err}")
    return Engine(host)


def _knock(family: socket.AddressFamily, address: str | tuple[str, int]) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as line:
        line.settimeout(PATIENCE_S)
        line.connect(address)
        line.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        if not line.recv(1):
            raise OSError("it closes the connection")
