"""What PostgreSQL does to a session in the middle of a run, and what each answer of the server becomes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql import watchdog
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge, MissingPrivilege, TimedOut, Unreachable
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.session import Limits, Session
from tests.fix_postgres import ScratchDatabase
from tests.fix_targets import HASTY, PATIENT, accounting_database
from tests.fix_tcp_postgres import TcpPostgres

BACKEND = backend_for("postgresql")
PID = "SELECT pg_backend_pid()"


@pytest.fixture(scope="module")
def books(start_postgres: Callable[[int | None], ScratchServer]) -> Iterator[ScratchDatabase]:
    with accounting_database(start_postgres(None)) as database:
        yield database


def session_on(url: str, limits: Limits = PATIENT) -> Session:
    """Return an open session; the caller closes it."""
    return BACKEND.open_session(url, limits=limits, expect=Expectation(), application="dbops test").__enter__()


@pytest.fixture
def session(books: ScratchDatabase) -> Iterator[Session]:
    with BACKEND.open_session(books.url, limits=PATIENT, expect=Expectation(), application="dbops test") as opened:
        yield opened


@pytest.fixture
def superuser(books: ScratchDatabase) -> Iterator[psycopg.Connection]:
    with closing(psycopg.connect(books.superuser_url, autocommit=True)) as connection:
        yield connection


def test_killed_session_is_unreachable_now_and_later(session: Session, superuser: psycopg.Connection) -> None:
    superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [session.scalar(PID)])
    with pytest.raises(Unreachable, match="connection was lost"):
        session.query("SELECT 1")
    with pytest.raises(Unreachable, match="connection was lost"):
        session.sample("SELECT 1", 1)
    with pytest.raises(Unreachable, match="connection was lost"):
        session.verify()


def test_session_killed_between_statements_is_found_by_verify(session: Session, superuser: psycopg.Connection) -> None:
    superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [session.scalar(PID)])
    with pytest.raises(Unreachable):
        session.verify()


def test_server_that_stops_in_the_middle_is_unreachable(doomed_postgres: TcpPostgres) -> None:
    with BACKEND.open_session(
        doomed_postgres.url(), limits=PATIENT, expect=Expectation(), application="dbops test"
    ) as session:
        assert session.scalar("SELECT count(*) FROM customer") == 2
        doomed_postgres.stop()
        with pytest.raises(Unreachable, match="connection was lost"):
            session.query("SELECT 1")
    with pytest.raises(Unreachable, match="connection refused"):
        session_on(doomed_postgres.url())


def test_server_that_hangs_is_not_waited_for_forever(books: ScratchDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "GRACE_S", 0.3)
    with BACKEND.open_session(books.url, limits=HASTY, expect=Expectation(), application="dbops test") as session:
        pid = session.scalar(PID)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unreachable, match="no answer within"):
                session.query("SELECT 1")
            with pytest.raises(Unreachable, match="no answer within"):
                session.verify()
        finally:
            os.kill(pid, signal.SIGCONT)


def test_statement_canceled_by_an_operator_is_timed_out(session: Session, superuser: psycopg.Connection) -> None:
    pid = session.scalar(PID)
    operator = threading.Thread(target=cancel_when_asleep, args=(superuser, pid))
    operator.start()
    with pytest.raises(TimedOut, match="canceling statement"):
        session.query("SELECT pg_sleep(15)")
    operator.join()
    assert session.scalar("SELECT 1") == 1


def cancel_when_asleep(superuser: psycopg.Connection, pid: int) -> None:
    sleeping = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
    deadline = time.monotonic() + 10
    while superuser.execute(sleeping, [pid]).fetchone() is None:
        assert time.monotonic() < deadline


def test_a_lock_that_is_held_is_waited_for_no_longer_than_allowed(
    books: ScratchDatabase, superuser: psycopg.Connection
) -> None:
    with (
        BACKEND.open_session(books.url, limits=HASTY, expect=Expectation(), application="dbops test") as session,
        superuser.transaction(),
    ):
        superuser.execute("LOCK TABLE invoice IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        with pytest.raises(TimedOut, match="lock not available"):
            session.query("SELECT * FROM invoice")
        assert time.monotonic() - began < 5
        assert session.scalar("SELECT count(*) FROM customer") == 2


def test_no_lock_stays_between_statements(session: Session, superuser: psycopg.Connection) -> None:
    session.query("SELECT * FROM invoice")
    session.sample("SELECT * FROM invoice", 1)
    with pytest.raises(CannotJudge):
        session.query("SELECT 1 / 0 FROM invoice")
    superuser.execute("SET lock_timeout = '1s'")
    with superuser.transaction(force_rollback=True):
        superuser.execute("ALTER TABLE invoice ADD COLUMN note text")
    session.verify()


def test_missing_privilege_names_the_grant_that_mends_it(books: ScratchDatabase, superuser: psycopg.Connection) -> None:
    role = f"clerk of {books.name}"
    superuser.execute(f'CREATE ROLE "{role}" LOGIN')
    try:
        with BACKEND.open_session(
            books.server.url(books.name, role=role), limits=PATIENT, expect=Expectation(), application="dbops test"
        ) as session:
            with pytest.raises(MissingPrivilege, match="permission denied for table customer") as caught:
                session.query("SELECT * FROM customer")
            grant = str(caught.value).partition("(run: ")[2].partition(";")[0]
            assert grant == f'GRANT SELECT ON customer TO "{role}"'
            superuser.execute(grant.encode())
            assert session.scalar("SELECT count(*) FROM customer") == 2
    finally:
        superuser.execute(f'DROP OWNED BY "{role}"')
        superuser.execute(f'DROP ROLE "{role}"')


def test_function_of_the_server_is_not_to_be_granted(books: ScratchDatabase, superuser: psycopg.Connection) -> None:
    role = f"clerk of {books.name}"
    superuser.execute(f'CREATE ROLE "{role}" LOGIN')
    try:
        with BACKEND.open_session(
            books.server.url(books.name, role=role), limits=PATIENT, expect=Expectation(), application="dbops test"
        ) as session:
            with pytest.raises(MissingPrivilege, match="permission denied for function pg_read_file") as caught:
                session.query("SELECT pg_read_file('/etc/hostname')")
            assert "GRANT" not in str(caught.value)
            assert "dbops env grant" not in str(caught.value)
    finally:
        superuser.execute(f'DROP ROLE "{role}"')


def test_policy_that_would_hide_rows_is_told_instead(books: ScratchDatabase, superuser: psycopg.Connection) -> None:
    superuser.execute("ALTER TABLE invoice ENABLE ROW LEVEL SECURITY")
    superuser.execute("ALTER TABLE invoice FORCE ROW LEVEL SECURITY")
    try:
        with BACKEND.open_session(books.url, limits=PATIENT, expect=Expectation(), application="dbops test") as session:
            with pytest.raises(MissingPrivilege, match=r"policy hides rows from role 'dbops_owner'.*BYPASSRLS"):
                session.query("SELECT count(*) FROM invoice")
            with pytest.raises(MissingPrivilege, match="policy hides rows"):
                session.sample("SELECT * FROM invoice", 1)
            assert session.scalar("SELECT count(*) FROM customer") == 2
    finally:
        superuser.execute("ALTER TABLE invoice NO FORCE ROW LEVEL SECURITY")
        superuser.execute("ALTER TABLE invoice DISABLE ROW LEVEL SECURITY")


def test_message_of_a_bad_value_does_not_show_it(session: Session) -> None:
    with pytest.raises(CannotJudge, match=r'invalid input syntax for type integer: "\*\*\*"') as caught:
        session.query("SELECT name::integer FROM customer")
    assert "Example" not in str(caught.value)


def test_syntax_error_names_its_line(session: Session) -> None:
    with pytest.raises(CannotJudge, match=r'syntax error at or near "FORM" \(line 3 of the statement\) \[42601\]'):
        session.query("-- title: x\nSELECT :a::int, *\nFORM customer", {"a": 1})


def test_value_python_cannot_hold_is_told(session: Session) -> None:
    with pytest.raises(CannotJudge, match="timestamp too large"):
        session.query("SELECT 'infinity'::timestamptz AS t")
    assert session.scalar("SELECT 'infinity'::timestamptz::text AS t") == "infinity"


def test_interval_is_read_whatever_the_role_prefers(books: ScratchDatabase, superuser: psycopg.Connection) -> None:
    superuser.execute(f"ALTER DATABASE {books.name} SET intervalstyle = 'iso_8601'".encode())
    with BACKEND.open_session(books.url, limits=PATIENT, expect=Expectation(), application="dbops test") as session:
        assert session.scalar("SELECT interval '1 day'").days == 1
    superuser.execute(f"ALTER DATABASE {books.name} RESET intervalstyle".encode())


def test_backslash_strings_are_read_as_the_guard_reads_them(
    books: ScratchDatabase, superuser: psycopg.Connection
) -> None:
    if superuser.info.server_version >= 190000:
        pytest.skip("PostgreSQL 19 has no other strings")
    superuser.execute(f"ALTER DATABASE {books.name} SET standard_conforming_strings = off".encode())
    with BACKEND.open_session(books.url, limits=PATIENT, expect=Expectation(), application="dbops test") as session:
        assert session.scalar(r"SELECT '\'") == "\\"
    superuser.execute(f"ALTER DATABASE {books.name} RESET standard_conforming_strings".encode())


def test_a_hundred_thousand_rows_are_sampled_without_being_held(session: Session) -> None:
    rows, count = session.sample("SELECT n, repeat('x', 1000) AS wide FROM generate_series(1, 100000) AS n", 3)
    assert ([row["n"] for row in rows], count) == ([1, 2, 3], 100_000)


def test_show_explain_and_table_are_read(session: Session) -> None:
    assert session.scalar("SHOW transaction_read_only") == "on"
    assert session.scalar("SHOW transaction_isolation") == "repeatable read"
    assert "Seq Scan" in session.scalar("EXPLAIN TABLE customer")
    assert session.sample("TABLE customer", 1)[1] == 2
    assert session.sample("VALUES (1), (2), (3)", 2)[1] == 3
    assert session.sample("SHOW ALL", 2)[1] > 300


def test_parameters_of_many_types_are_bound(session: Session) -> None:
    (row,) = session.query(
        "SELECT :ids::int[] AS ids, :flag::bool AS flag, :n + 1 AS n, 2 = ANY (:ids) AS inside, :none::text AS none",
        {"ids": [1, 2, 3], "flag": True, "n": 41, "none": None},
    )
    assert dict(row) == {"ids": [1, 2, 3], "flag": True, "n": 42, "inside": True, "none": None}


def test_idle_session_is_ended_by_the_server_and_told(books: ScratchDatabase, session: Session) -> None:
    assert session.scalar("SHOW idle_in_transaction_session_timeout") == "30min"
    raw: psycopg.Connection = session._connection  # type: ignore[attr-defined]  # a shorter wait than half an hour
    raw.execute("SET LOCAL idle_in_transaction_session_timeout = 1")
    with closing(psycopg.connect(books.superuser_url, autocommit=True)) as watcher:
        deadline = time.monotonic() + 10
        mine = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        while watcher.execute(mine, [raw.info.backend_pid]).fetchone() is not None:
            assert time.monotonic() < deadline
    with pytest.raises(Unreachable, match="connection was lost"):
        session.query("SELECT 1")
