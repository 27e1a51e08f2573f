"""URLs of scratch servers are read and written without losing or showing anything."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from pytest_dbops.core.scratch import Origin, ScratchServer
from pytest_dbops.core.secret import Secret
from pytest_dbops.core.server_request import ServerAddress, parse_server_url

SOCKET = ScratchServer("k", Origin.SYSTEM, "", "15.1", "/dev/shm/x/s", 5432, "postgres", "run", True)
NETWORK = ScratchServer(
    "k", Origin.URL, "", "15.1", "db.invalid", 6543, "admin", "run", False,
    superuser_password=Secret("p@ss/word"), role_secret=Secret("s"), options=(("sslmode", "require"),),
)  # fmt: skip


def test_the_url_of_a_socket_is_what_libpq_understands() -> None:
    assert conninfo_to_dict(SOCKET.url("my_db", role="owner")) == {
        "user": "owner", "dbname": "my_db", "host": "/dev/shm/x/s", "port": "5432",
    }  # fmt: skip


def test_the_url_of_a_network_server_is_what_libpq_understands() -> None:
    assert conninfo_to_dict(NETWORK.admin_url) == {
        "user": "admin", "password": "p@ss/word", "dbname": "postgres", "host": "db.invalid", "port": "6543",
        "sslmode": "require",
    }  # fmt: skip


def test_a_role_has_a_password_of_its_own_that_every_process_can_derive() -> None:
    password = conninfo_to_dict(NETWORK.url("x", role="owner"))["password"]
    assert password == conninfo_to_dict(NETWORK.url("y", role="owner"))["password"]
    assert password != conninfo_to_dict(NETWORK.url("x", role="other"))["password"]


def test_a_server_shows_no_password() -> None:
    assert "p@ss" not in repr(NETWORK) + str(NETWORK)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40@db.invalid:6543/x?sslmode=require",
        "postgresql+psycopg://u:p%40@db.invalid:6543/x?sslmode=require",
        "postgres://db.invalid/x?user=u&password=p%40&port=6543&sslmode=require",
        "postgresql:///?host=db.invalid&port=6543&dbname=x&user=u&password=p%40&sslmode=require",
        "postgresql://u:p%40@db.invalid:6543,other.invalid:1/x?sslmode=require",
    ],
)
def test_all_ways_to_write_an_address_are_read_alike(url: str) -> None:
    expected = ServerAddress("db.invalid", 6543, "x", "u", Secret("p@"), (("sslmode", "require"),))
    assert parse_server_url(url) == expected


@pytest.mark.parametrize(
    ("url", "host", "port", "database"),
    [
        ("postgresql://", "", 5432, ""),
        ("postgresql://u@/", "", 5432, "u"),
        ("postgresql://[::1]:6000/x", "::1", 6000, "x"),
        ("postgresql://%2Frun%2Fpg/x", "/run/pg", 5432, "x"),
        ("postgresql:///x?host=/run/pg", "/run/pg", 5432, "x"),
    ],
)
def test_libpqs_defaults_are_put_in(url: str, host: str, port: int, database: str) -> None:
    found = parse_server_url(url)
    assert (found.host, found.port, found.database) == (host, port, database)


@pytest.mark.parametrize("url", ["mysql://u:swordfish@h/x", "swordfish", "postgresql://h:swordfish/x"])
def test_what_is_no_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_server_url(url)
    assert "swordfish" not in str(caught.value)


def test_a_written_url_is_read_back() -> None:
    again = parse_server_url(NETWORK.admin_url)
    assert again == ServerAddress(
        "db.invalid", 6543, "postgres", "admin", Secret("p@ss/word"), (("sslmode", "require"),)
    )


def test_psycopg_connects_by_a_socket_url(scratch_postgres: ScratchServer) -> None:
    with psycopg.connect(scratch_postgres.admin_url) as connection:
        assert connection.info.user == "postgres"
