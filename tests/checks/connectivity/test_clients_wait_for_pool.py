"""CON023, of a real PgBouncer: the machine's own, or one in a folder of DBOPS_TEST_PEERS."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.backends.postgresql.pooler import read_pools
from pytest_dbops.checks.connectivity.clients_wait_for_pool import clients_wait_for_pool
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege, Unreachable
from pytest_dbops.core.pools import Pools
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, wait_until
from tests.checks.connectivity.conftest import PLAIN, Target
from tests.fix_tcp_postgres import kept_port

PATH = os.pathsep.join(filter(None, (os.environ.get("DBOPS_TEST_PEERS"), os.environ.get("PATH"), "/usr/sbin")))
CONFIG = """\
[databases]
target = host={server.host} port={server.port} dbname=target
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
admin_users = operator
stats_users = watcher
pool_mode = transaction
default_pool_size = 1
"""


@dataclass
class Pooler:
    """A running PgBouncer before the target, with one connection to the server for each role."""

    port: int
    clients: list[psycopg.Connection] = field(default_factory=list)

    def url(self, role: str, database: str = "pgbouncer") -> str:
        return f"postgresql://{role}:of-no-use@127.0.0.1:{self.port}/{database}"

    def open(self) -> psycopg.Connection:
        made = psycopg.connect(self.url(PLAIN, "target"), autocommit=True, prepare_threshold=None)
        self.clients.append(made)
        return made

    def order(self, command: str) -> None:
        with closing(psycopg.connect(self.url("operator"), autocommit=True, prepare_threshold=None)) as console:
            console.execute(command.encode())

    def pools(self) -> Pools:
        return read_pools(self.url("watcher"), timeout_s=5)


@pytest.fixture
def pooler(target: Target, tmp_path: Path) -> Iterator[Pooler]:
    """PgBouncer, run by the server's own account: it refuses to be root."""
    program = shutil.which("pgbouncer", path=PATH)
    if program is None:
        pytest.skip("pgbouncer is not on this machine (or see DBOPS_TEST_PEERS)")
    with kept_port() as port:
        made = Pooler(port)
        folder = Path(target.server.host)
        config, users = folder / "pgbouncer.ini", folder / "users.txt"
        users.write_text("".join(f'"{name}" ""\n' for name in ("operator", "watcher", PLAIN)), encoding="utf-8")
        config.write_text(CONFIG.format(server=target.server, port=made.port, users=users), encoding="utf-8")
        owner = folder.stat().st_uid
        for file in (config, users):
            os.chown(file, owner, -1)
        account = {"user": owner, "extra_groups": []} if os.geteuid() == 0 else {}
        process = subprocess.Popen([program, "-q", config], stderr=subprocess.DEVNULL, **account)  # type: ignore[call-overload]
        try:
            wait_until(lambda: _answers(made))
            yield made
        finally:
            for client in made.clients:
                client.close()
            process.kill()
            process.wait()
            config.unlink()
            users.unlink()


def _answers(pooler: Pooler) -> bool:
    with suppress(Unreachable):
        return bool(pooler.pools().version)
    return False


def _wait(pooler: Pooler, number: int) -> None:
    """Let one client hold the connection to the server, and others wait for it."""
    holder = pooler.open()
    holder.execute("BEGIN; SELECT 1")
    for _ in range(number):
        pooler.open().pgconn.send_query(b"SELECT 1")
    wait_until(lambda: any(pool.clients_waiting == number and pool.longest_wait_s > 0 for pool in pooler.pools().pools))


def test_clients_that_wait_are_found(pooler: Pooler) -> None:
    _wait(pooler, 2)
    findings = ask(clients_wait_for_pool, pools=pooler.pools(), thresholds={"warn_s": 1e-6, "fail_s": 60})
    assert facts(findings, clients_wait_for_pool) == [(f"target/{PLAIN}", Severity.WARNING)]
    assert findings[0].message.startswith("2 clients wait at the pooler for database 'target' as 'plain', the longest ")
    assert "with 1 connections to the server in use" in findings[0].message


def test_clients_that_are_served_are_fine(pooler: Pooler) -> None:
    for _ in range(3):
        pooler.open().execute("SELECT 1")
    pools = pooler.pools()
    assert [pool.servers_idle for pool in pools.pools] == [1]
    assert ask(clients_wait_for_pool, pools=pools, thresholds={"warn_s": 0, "fail_s": 0}) == []


@pytest.mark.parametrize(("command", "state"), [("PAUSE target", "paused"), ("DISABLE target", "disabled")])
def test_database_that_was_halted_is_found(pooler: Pooler, command: str, state: str) -> None:
    pooler.order(command)
    findings = ask(clients_wait_for_pool, pools=pooler.pools())
    assert facts(findings, clients_wait_for_pool) == [("target", Severity.ERROR)]
    assert f"the pooler has {state} database 'target'" in findings[0].message
    pooler.order(findings[0].hint)
    assert ask(clients_wait_for_pool, pools=pooler.pools()) == []


def test_role_that_may_not_ask_gets_no_answer_and_shows_no_password(pooler: Pooler) -> None:
    with pytest.raises(CannotJudge) as refused:
        read_pools(pooler.url(PLAIN), timeout_s=5)
    assert isinstance(refused.value, MissingPrivilege | Unreachable)
    assert "of-no-use" not in str(refused.value)


def test_server_is_no_pooler(target: Target) -> None:
    with pytest.raises(CannotJudge):
        read_pools(target.url(), timeout_s=5)
