"""Servers that provisioning does not start: with a TCP port and a certificate, and pairs that replicate."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.scratch import ServerRequest
from pytest_dbops.provisioning.accounts import server_account, server_environment
from pytest_dbops.provisioning.discovery import discover_first, require
from pytest_dbops.provisioning.images import SUPERUSER, Recipe, copy_image, ensure_image
from pytest_dbops.provisioning.lending import reachable_bindir
from pytest_dbops.provisioning.places import default_places
from pytest_dbops.provisioning.servers import quiet
from tests.checks.connectivity.asking import wait_until
from tests.fix_postgres import BINDIRS

ABLE = "-c default_transaction_read_only=off -c synchronous_commit=off"
"""Options of a connection that can mend what a test turned off for everybody."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server: its folder, its TCP port (also the number of its socket), and its data directory."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, host: str = "", options: str = "", *, role: str = SUPERUSER) -> str:
        """The URL of the superuser or a role, by the socket or by TCP."""
        place = f"@{host}:{self.port}/postgres?{options}" if host else f"@/postgres?host={self.folder}&port={self.port}"
        return f"postgresql://{role}{place}"

    def admin(self, statement: str) -> None:
        """Run one statement as superuser."""
        with psycopg.connect(self.url(), autocommit=True, options=ABLE) as connection:
            connection.execute(statement.encode())

    def scalar(self, query: str) -> object:
        """Return one value."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


@contextmanager
def cluster(
    request: ServerRequest, *, files: dict[str, bytes] | None = None, **settings: str
) -> Iterator[Cluster]:
    """Run a server with further files in its data directory and further settings, until the block ends.

    Two clusters of one request are copies of each other, so that one can follow the other.
    """
    candidate, account, places = require(discover_first(request), request), server_account(), default_places()
    bindir = reachable_bindir(Path(candidate.place), account, places, quiet)
    image = ensure_image(Recipe(bindir, candidate.version, request.settings, account), places, quiet)
    folder = Path(tempfile.mkdtemp(prefix="dbops-cluster-", dir="/tmp"))
    made = Cluster(folder, _free_port())
    try:
        copy_image(image, made.data, account)
        for name, content in (files or {}).items():
            _place(made.data / name, content)
        if account:
            for path in (folder, *made.data.iterdir()):
                os.chown(path, account.uid, account.gid)
        with _running(made, bindir, {**dict(request.settings), **settings}):
            yield made
    finally:
        shutil.rmtree(folder)


def newest_with_tls(majors: tuple[int, ...]) -> ServerRequest:
    """Return a request for the newest server that was built with TLS; skips the test where there is none."""
    for major in reversed(majors):
        request = ServerRequest(major=major, bindirs=BINDIRS)
        binary = Path(require(discover_first(request), request).place) / "postgres"
        if b"libssl.so" in binary.read_bytes():
            return request
    pytest.skip(f"no PostgreSQL server on this machine was built with TLS, of {majors}")


@contextmanager
def _running(made: Cluster, bindir: Path, settings: dict[str, str]) -> Iterator[None]:
    account = server_account()
    options = {"port": str(made.port), "unix_socket_directories": str(made.folder), **settings}
    command = [str(bindir / "postgres"), "-D", str(made.data)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    log = made.folder / "log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=written, stderr=written, cwd="/",
            env=server_environment(os.environ), user=account.uid if account else None,
            group=account.gid if account else None, extra_groups=[] if account else None,
        )  # fmt: skip
    try:
        wait_until(lambda: server.poll() is not None or _answers(made))
        assert server.poll() is None, f"the server did not start: {log.read_text()}"
        yield
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=30)


def _answers(made: Cluster) -> bool:
    with suppress(psycopg.OperationalError):
        return made.scalar("SELECT 1") == 1
    return False


def _place(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
