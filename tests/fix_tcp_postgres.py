"""A PostgreSQL that listens on TCP, asks for passwords, logs every statement, and may be stopped by its test.

tcp_postgres    one server for the tests of a module
doomed_postgres one server for one test, which may stop it
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import RunFolder, launch
from pytest_dbops.provisioning.clusters import copy_cluster, recipe_of
from pytest_dbops.provisioning.discovery import discover
from pytest_dbops.provisioning.images import SUPERUSER, ensure_image
from tests.fix_postgres import BINDIRS, PsycopgAdmin
from tests.fix_targets import POSTGRESQL_EXTRAS, SCHEMA

PASSWORD = "p@ss:w/rd %41#?"
HBA = """
local all all trust
host all outsider 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""
ROLES = f"""
CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE outsider LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE alone LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0;
CREATE ROLE asleep NOLOGIN PASSWORD '{PASSWORD}';
CREATE DATABASE closed;
REVOKE CONNECT ON DATABASE closed FROM PUBLIC;
"""


@dataclass(frozen=True, slots=True)
class TcpPostgres:
    """A running server; its superuser comes in by the socket without a password."""

    port: int
    folder: Path
    supervised: launch.Supervised

    @property
    def log(self) -> str:
        """All statements so far."""
        return self.supervised.launch.log.read_text()

    @property
    def superuser_url(self) -> str:
        return f"postgresql://{SUPERUSER}@/postgres?host={self.folder}&port={self.port}"

    def url(self, user: str = "clerk", password: str = PASSWORD, database: str = "postgres", **options: str) -> str:
        """Return the TCP URL of a role."""
        query = "&".join(f"{key}={value}" for key, value in options.items())
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}?{query}"

    def run(self, *statements: str) -> None:
        """Run statements as the superuser."""
        with closing(PsycopgAdmin(self.superuser_url)) as admin:
            for statement in statements:
                admin.execute(statement)

    def stop(self) -> None:
        """End the server and wait for it."""
        self.supervised.abandon()


@pytest.fixture(scope="module")
def tcp_postgres(scratch_run: RunFolder) -> Iterator[TcpPostgres]:
    with started(scratch_run) as server:
        yield server


@pytest.fixture
def doomed_postgres(scratch_run: RunFolder) -> Iterator[TcpPostgres]:
    with started(scratch_run) as server:
        yield server


def free_port() -> int:
    """Return a port nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def kept_port() -> Iterator[int]:
    """Yield a port for a server that is yet to be started: until it listens, nobody else is given it by chance.

    Of sockets that may share an address, Linux lets one listen while the other does not; elsewhere nothing is kept.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        port: int = keeper.getsockname()[1]
        if sys.platform != "linux":
            keeper.close()
        yield port


@contextmanager
def started(run: RunFolder) -> Iterator[TcpPostgres]:
    """Start a server with roles and the small accounting tables for the length of a block."""
    found = discover(ServerRequest(bindirs=BINDIRS))
    if found.taken is None:
        pytest.skip("no PostgreSQL server binaries on this machine (pip install 'pytest-dbops[postgres]')")
    with kept_port() as port:
        recipe = recipe_of(found.taken, ServerRequest(), run.places, print)
        folder = copy_cluster(run, recipe.account, lambda: ensure_image(recipe, run.places, print))
        (folder / "data" / "pg_hba.conf").write_text(HBA)
        command = (
            str(recipe.bindir / "postgres"), "-D", str(folder / "data"), "-p", str(port), "-c", "log_statement=all",
            "-c", f"unix_socket_directories={folder / 'data'}", "-c", "listen_addresses=127.0.0.1",
        )  # fmt: skip
        log = run.path / f"{folder.name}.log"
        order = launch.Launch("the server of a test", command, (), log, (folder,), recipe.account)
        supervised = launch.start(run, order)
        try:
            launch.wait_until_ready(supervised, folder / "data")
            server = TcpPostgres(port, folder / "data", supervised)
            server.run(
                *filter(str.strip, ROLES.split(";")), SCHEMA, POSTGRESQL_EXTRAS, "GRANT SELECT ON customer TO clerk"
            )
            yield server
        finally:
            supervised.abandon()
