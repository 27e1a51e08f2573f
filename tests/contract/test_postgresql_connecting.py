"""Why no connection comes about, each told in one line without the password; and where one leads."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.backends.postgresql.admin import connect_admin
from pytest_dbops.backends.postgresql.versions import require_supported, version_of
from pytest_dbops.core.environment import Expectation
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError, Unreachable, WrongTarget
from pytest_dbops.core.session import Limits, Session
from tests.contract.relay import announcing
from tests.fix_tcp_postgres import PASSWORD, TcpPostgres, free_port

LIMITS = Limits(connect_timeout_s=5, statement_timeout_s=10, lock_timeout_s=2)
BACKEND = backend_for("postgresql")
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), "wrong-pass")


def refusal(url: str, limits: Limits = LIMITS) -> str:
    """Return the message with which a URL is refused."""
    with pytest.raises(DbopsError) as caught:
        opened(url, limits=limits)
    said = str(caught.value)
    assert isinstance(caught.value, Unreachable | ConfigError)
    assert "\n" not in said
    assert not any(secret in said for secret in SECRETS)
    assert caught.value.__cause__ is None
    return said


def opened(url: str, *, limits: Limits = LIMITS, expect: Expectation | None = None) -> Session:
    """Return what a session says of itself, closed again."""
    with BACKEND.open_session(url, limits=limits, expect=expect or Expectation(), application="dbops test") as session:
        return session


def test_password_with_every_awkward_character_is_understood(tcp_postgres: TcpPostgres) -> None:
    assert opened(tcp_postgres.url()).identity.role == "clerk"


def test_wrong_password(tcp_postgres: TcpPostgres) -> None:
    assert refusal(tcp_postgres.url(password="wrong-pass")) == (
        f"cannot open postgresql://clerk:***@127.0.0.1:{tcp_postgres.port}/postgres: the server refused the login "
        "(wrong user or password, or pg_hba.conf wants another way to log in)"
    )


def test_no_password(tcp_postgres: TcpPostgres) -> None:
    assert "refused the login" in refusal(f"postgresql://clerk@127.0.0.1:{tcp_postgres.port}/postgres")


def test_unknown_user(tcp_postgres: TcpPostgres) -> None:
    assert "refused the login" in refusal(tcp_postgres.url(user="nobody-here"))


def test_user_that_may_not_log_in(tcp_postgres: TcpPostgres) -> None:
    assert "may not log in" in refusal(tcp_postgres.url(user="asleep"))


def test_host_that_pg_hba_rejects(tcp_postgres: TcpPostgres) -> None:
    assert "does not let this host and user in" in refusal(tcp_postgres.url(user="outsider"))


def test_unknown_database(tcp_postgres: TcpPostgres) -> None:
    assert refusal(tcp_postgres.url(database="nowhere")).endswith("/nowhere: there is no such database on the server")


def test_database_the_role_may_not_enter(tcp_postgres: TcpPostgres) -> None:
    assert "no CONNECT right" in refusal(tcp_postgres.url(database="closed"))


def test_no_connection_left(tcp_postgres: TcpPostgres) -> None:
    assert "no free connection" in refusal(tcp_postgres.url(user="alone"))


def test_server_without_tls(tcp_postgres: TcpPostgres) -> None:
    assert "TLS could not be agreed on" in refusal(tcp_postgres.url(sslmode="require"))


def test_nothing_listens() -> None:
    assert "connection refused" in refusal(f"postgresql://u:wrong-pass@127.0.0.1:{free_port()}/x")


def test_no_socket_in_the_directory(tmp_path: Path) -> None:
    assert "no server socket in that directory" in refusal(f"postgresql://u:wrong-pass@/x?host={tmp_path}")


def test_unknown_host() -> None:
    assert "the host name is unknown" in refusal("postgresql://u:wrong-pass@nowhere.invalid/x")


def test_silence_ends_with_the_connect_timeout() -> None:
    hasty = Limits(connect_timeout_s=0.5, statement_timeout_s=1, lock_timeout_s=1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = refusal(f"postgresql://u:wrong-pass@127.0.0.1:{silent.getsockname()[1]}/x", hasty)
    assert "no answer within 2 s" in said


def test_option_libpq_does_not_know(tcp_postgres: TcpPostgres) -> None:
    assert "sslmdoe" in refusal(tcp_postgres.url(sslmdoe="require"))


def test_text_that_is_no_unicode_is_a_mistake_in_the_url(tcp_postgres: TcpPostgres) -> None:
    assert "not valid Unicode" in refusal(tcp_postgres.url(application_name="\ud800", options="\ud800"))


def test_server_before_14_is_refused_in_one_line(tcp_postgres: TcpPostgres) -> None:
    with announcing(b"13", tcp_postgres.port) as port:
        url = tcp_postgres.url().replace(f":{tcp_postgres.port}", f":{port}")
        with pytest.raises(CannotJudge, match=r"the server is PostgreSQL 13\.\d+; 14 or newer is needed"):
            opened(url)


def test_versions_are_read_as_people_write_them() -> None:
    assert [version_of(number) for number in (90624, 130004, 180006)] == [(9, 6), (13, 4), (18, 6)]
    require_supported((14, 0))
    with pytest.raises(CannotJudge, match=r"PostgreSQL 9\.6; 14 or newer"):
        require_supported((9, 6))


def test_identity_over_tcp_is_the_servers_own_address(tcp_postgres: TcpPostgres) -> None:
    found = opened(tcp_postgres.url()).identity
    assert (found.host, found.database, found.role) == (f"127.0.0.1:{tcp_postgres.port}", "postgres", "clerk")
    assert not found.is_pooled


def test_superuser_is_told(tcp_postgres: TcpPostgres) -> None:
    assert opened(tcp_postgres.superuser_url).identity.is_superuser


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "localhost:{port}", "127.0.0.1:{port}"])
def test_declared_host_is_let_in_by_any_of_its_names(tcp_postgres: TcpPostgres, host: str) -> None:
    expect = Expectation(host=host.format(port=tcp_postgres.port))
    assert opened(tcp_postgres.url(), expect=expect).identity.role == "clerk"


@pytest.mark.parametrize("host", ["10.9.8.7", "localhost:1", "db.example.invalid", "/somewhere/else"])
def test_another_host_is_refused(tcp_postgres: TcpPostgres, host: str) -> None:
    expect = Expectation(host=host)
    with pytest.raises(WrongTarget, match=f"the host is '127.0.0.1:{tcp_postgres.port}', but '{host}' is declared"):
        opened(tcp_postgres.url(), expect=expect)


def test_wrong_database_is_refused_before_anything_is_read(tcp_postgres: TcpPostgres) -> None:
    tcp_postgres.run("CREATE SCHEMA dbops CREATE TABLE marker (environment text)")
    tcp_postgres.run("GRANT USAGE ON SCHEMA dbops TO clerk", "GRANT SELECT ON dbops.marker TO clerk")
    before = len(tcp_postgres.log)
    with pytest.raises(WrongTarget, match="the database is 'postgres', but 'books' is declared; nothing was read"):
        opened(tcp_postgres.url(), expect=Expectation(database="books", marker="staging"))
    tcp_postgres.run("DROP SCHEMA dbops CASCADE")
    read = tcp_postgres.log[before:]
    assert "inet_server_addr" in read
    assert "FROM dbops.marker" not in read


def test_marker_the_role_may_not_read_is_no_marker(tcp_postgres: TcpPostgres) -> None:
    tcp_postgres.run("CREATE SCHEMA dbops CREATE TABLE marker (environment text)")
    assert opened(tcp_postgres.url()).identity.marker is None
    tcp_postgres.run("DROP SCHEMA dbops CASCADE")


def test_connection_names_itself_and_watches_over_itself(tcp_postgres: TcpPostgres) -> None:
    with BACKEND.open_session(
        tcp_postgres.url(), limits=LIMITS, expect=Expectation(), application="dbops gate"
    ) as session:
        name = session.scalar("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
        raw: psycopg.Connection = session._connection  # type: ignore[attr-defined]  # what the driver was told
        given = raw.info.get_parameters()
    assert name == "dbops gate"
    assert (given["keepalives"], given["keepalives_idle"], given["connect_timeout"]) == ("1", "30", "5")


def test_admin_connection_runs_outside_of_transactions(tcp_postgres: TcpPostgres) -> None:
    admin = connect_admin(tcp_postgres.superuser_url)
    admin.execute('CREATE DATABASE "made % here"')
    assert admin.scalar("SELECT count(*) FROM pg_database WHERE datname = 'made % here'") == 1
    admin.execute('DROP DATABASE "made % here"')
    assert admin.scalar("SELECT datname FROM pg_database WHERE datname = 'made % here'") is None
    with pytest.raises(DbopsError, match='database "nowhere" does not exist'):
        admin.execute("DROP DATABASE nowhere")
    admin.close()
    admin.close()


def test_admin_connection_tells_why_it_failed_without_the_password(tcp_postgres: TcpPostgres) -> None:
    with pytest.raises(Unreachable) as caught:
        connect_admin(tcp_postgres.url(password="wrong-pass"))
    assert "wrong-pass" not in str(caught.value)
