"""Behind PgBouncer in transaction mode: the pooler is found out, and nothing of a session stays on its connections."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from pytest_dbops import DatabaseManager
from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql import watchdog
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import Blocked, CannotJudge, Unreachable
from pytest_dbops.core.session import Limits
from pytest_dbops.provisioning.accounts import server_account
from tests.fix_targets import PATIENT
from tests.fix_tcp_postgres import TcpPostgres, kept_port

SETTINGS = """
[databases]
books = host={folder} port={server_port} dbname=postgres user=clerk
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
logfile = {here}/log
"""


@pytest.fixture(scope="module")
def pooled_url(tcp_postgres: TcpPostgres) -> Iterator[str]:
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not on this machine")
    account = server_account()
    with kept_port() as port, TemporaryDirectory() as folder:
        here = Path(folder)
        here.chmod(0o777)
        settings = here / "pgbouncer.ini"
        settings.write_text(
            SETTINGS.format(folder=tcp_postgres.folder, server_port=tcp_postgres.port, port=port, here=here)
        )
        pooler = subprocess.Popen(
            [program, "-q", settings], cwd="/", stderr=subprocess.DEVNULL, extra_groups=[] if account else None,
            user=account.uid if account else None, group=account.gid if account else None,
        )  # fmt: skip
        try:
            url = f"postgresql://clerk@127.0.0.1:{port}/books"
            wait_for(url, pooler)
            yield url
        finally:
            pooler.terminate()
            pooler.wait(timeout=10)


def wait_for(url: str, pooler: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            assert pooler.poll() is None, "pgbouncer ended"
            assert time.monotonic() < deadline


def test_pooler_is_found_out_and_the_real_server_named(pooled_url: str, tcp_postgres: TcpPostgres) -> None:
    with backend_for(pooled_url).open_session(
        pooled_url, limits=PATIENT, expect=Expectation(database="postgres"), application="dbops test"
    ) as session:
        assert session.identity.is_pooled
        assert session.identity.database == "postgres"
        assert session.identity.host.endswith(f":{tcp_postgres.port}")
        assert session.scalar("SELECT count(*) FROM customer") == 2
        assert session.sample("SELECT * FROM customer", 1)[1] == 2
        with pytest.raises(CannotJudge):
            session.query("SELECT nothing")
        session.verify()


def test_next_client_of_the_pooler_meets_nothing_of_the_session(pooled_url: str) -> None:
    state = (
        "SELECT pg_backend_pid(), current_setting('default_transaction_read_only'),"
        " current_setting('statement_timeout'), current_setting('row_security')"
    )
    with closing(psycopg.connect(pooled_url, autocommit=True)) as before:
        [expected] = before.execute(state).fetchall()
    with backend_for(pooled_url).open_session(
        pooled_url, limits=PATIENT, expect=Expectation(), application="dbops test"
    ) as session:
        assert session.scalar("SELECT pg_backend_pid()") == expected[0]
    with closing(psycopg.connect(pooled_url, autocommit=True)) as after:
        assert after.execute(state).fetchall() == [expected]


def test_pooler_without_a_free_connection_is_not_waited_for_forever(
    pooled_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "GRACE_S", 0.1)
    hasty = Limits(connect_timeout_s=0.2, statement_timeout_s=0.2, lock_timeout_s=0.2)
    with closing(psycopg.connect(pooled_url)) as holder:
        holder.execute("SELECT 1")
        with pytest.raises(Unreachable, match="no answer within the time limits"):
            backend_for(pooled_url).open_session(
                pooled_url, limits=hasty, expect=Expectation(), application="dbops test"
            ).__enter__()


def test_maintenance_is_planned_behind_a_pooler_and_not_run(
    pooled_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOLED_URL", pooled_url)
    file = tmp_path / "dbops.toml"
    file.write_text('[env.pooled]\nurl = "env:POOLED_URL"\nkind = "staging"\nrequire = []\nmay_write = true\n')
    with DatabaseManager("pooled", config=file) as database:
        assert database.maintenance_plan(tasks=["vacuum"]).steps == ()
        with pytest.raises(Blocked, match=r"its sessions hold no lock for a whole run of maintenance \(give a direct"):
            database.maintain(tasks=["vacuum"])
