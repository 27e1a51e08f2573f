"""Servers that provisioning does not start: with a TCP port and a certificate, and pairs that replicate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, launch
from pytest_dbops.provisioning.clusters import SOCKETS, copy_cluster, recipe_of
from pytest_dbops.provisioning.discovery import discover_first, require
from pytest_dbops.provisioning.images import SUPERUSER, ensure_image
from tests.fix_postgres import BINDIRS
from tests.fix_tcp_postgres import kept_port

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

    @property
    def sockets(self) -> Path:
        return self.folder / SOCKETS

    def url(self, host: str = "", options: str = "", *, role: str = SUPERUSER) -> str:
        """The URL of the superuser or a role, by the socket or by TCP."""
        if host:
            return f"postgresql://{role}@{host}:{self.port}/postgres?{options}"
        return f"postgresql://{role}@/postgres?host={self.sockets}&port={self.port}"

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
    run: RunFolder, request: ServerRequest, *, files: dict[str, bytes] | None = None, **settings: str
) -> Iterator[Cluster]:
    """Run a server with further files in its data directory and further settings, until the block ends.

    Two clusters of one major version are copies of each other, so that one can follow the other.
    """
    recipe = recipe_of(require(discover_first(request), request), request, run.places, quiet)
    with kept_port() as port:
        made = Cluster(copy_cluster(run, recipe.account, lambda: ensure_image(recipe, run.places, quiet)), port)
        made.sockets.mkdir(mode=0o700)
        for name, content in (files or {}).items():
            _place(made.data / name, content)
        if recipe.account:
            for path in (made.sockets, *made.data.iterdir()):
                os.chown(path, recipe.account.uid, recipe.account.gid)
        given = {
            **dict(request.settings),
            **settings,
            "port": str(made.port),
            "unix_socket_directories": str(made.sockets),
        }
        command = [str(recipe.bindir / "postgres"), "-D", str(made.data)]
        command += [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        log = run.path / f"{made.folder.name}.log"
        order = launch.Launch("the server of a test", tuple(command), (), log, (made.folder,), recipe.account)
        supervised = launch.start(run, order)
        try:
            launch.wait_until_ready(supervised, made.data)
            yield made
        finally:
            supervised.abandon()


def newest_with_tls(majors: tuple[int, ...]) -> ServerRequest:
    """Return a request for the newest server that was built with TLS; skips the test where there is none."""
    for major in reversed(majors):
        request = ServerRequest(major=major, bindirs=BINDIRS)
        binary = Path(require(discover_first(request), request).place) / "postgres"
        if b"libssl.so" in binary.read_bytes():
            return request
    pytest.skip(f"no PostgreSQL server on this machine was built with TLS, of {majors}")


def _place(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def quiet(message: str) -> None:
    """Take a progress message and show it to nobody."""
