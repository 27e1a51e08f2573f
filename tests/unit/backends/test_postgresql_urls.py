"""URLs of PostgreSQL: read like libpq and SQLAlchemy read them, compared, and shown without secrets."""

from __future__ import annotations

import pytest

from pytest_dbops.backends.postgresql.urls import display_url, parameters, places_of, same_database
from pytest_dbops.core.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://", {}),
        ("postgresql://h", {"host": "h"}),
        (
            "postgresql://u:p@h:5433/x?sslmode=require",
            {"user": "u", "password": "p", "host": "h", "port": "5433", "dbname": "x", "sslmode": "require"},
        ),
        (
            "postgresql://u%40d:p%2Fw%20%25@h/my%20db",
            {"user": "u@d", "password": "p/w %", "host": "h", "dbname": "my db"},
        ),
        ("postgresql://u:a@b@h/x", {"user": "u", "password": "a@b", "host": "h", "dbname": "x"}),
        ("postgresql://u:p#w@h/x", {"user": "u", "password": "p#w", "host": "h", "dbname": "x"}),
        (
            "postgresql+psycopg://u@/x?host=/tmp/s&port=5433",
            {"user": "u", "dbname": "x", "host": "/tmp/s", "port": "5433"},
        ),
        ("postgresql://%2Ftmp%2Fs/x", {"host": "/tmp/s", "dbname": "x"}),
        ("postgresql://[::1]:5433/x", {"host": "::1", "port": "5433", "dbname": "x"}),
        ("postgresql://a:1,b/x", {"host": "a,b", "port": "1,5432", "dbname": "x"}),
        ("postgresql+asyncpg://h/x?ssl=allow&statement_cache_size=0", {"host": "h", "dbname": "x", "sslmode": "allow"}),
        ("postgresql+asyncpg://h/x?ssl=true", {"host": "h", "dbname": "x", "sslmode": "require"}),
        ("host=h port=1 dbname='my db' password='it\\'s' user = u", {
            "host": "h", "port": "1", "dbname": "my db", "password": "it's", "user": "u"}),
    ],
)  # fmt: skip
def test_every_spelling_gives_libpq_parameters(url: str, expected: dict[str, str]) -> None:
    assert parameters(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:secret/word@h/x",
        "postgresql://h:5432/x@y",
        "postgresql://u:secret-word/x",
        "host=h password='secret-word",
        "host=h secret-word",
        "dbname=postgresql://u:secret-word@h/x",
        "secret-word",
        "postgresql://u:secret@h/x%00y",
        "mysql://u:secret-word@h/x",
    ],
)
def test_what_can_be_read_in_two_ways_or_not_at_all_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parameters(url)
    assert "secret" not in str(caught.value)
    assert display_url(url) == "postgresql://***"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:secret@h:5433/x", "postgresql://u:***@h:5433/x"),
        ("postgresql+psycopg://u:secret@h/x?sslmode=require", "postgresql://u:***@h/x?sslmode=require"),
        ("postgresql://h/x?user=u&password=secret", "postgresql://u:***@h/x"),
        ("postgresql://h/x?sslpassword=secret&passfile=/secret", "postgresql://h/x?sslpassword=***&passfile=***"),
        ("host=h password=secret dbname=x", "postgresql://:***@h/x"),
        ("postgresql://u:se%63ret@h/x", "postgresql://u:***@h/x"),
        ("postgresql:///x?host=/tmp/s&port=5433", "postgresql:///x?host=/tmp/s&port=5433"),
        ("postgresql://a:1,b:2/x", "postgresql:///x?host=a,b&port=1,2"),
        ("postgresql://[::1]:5433/my%20db", "postgresql://[::1]:5433/my%20db"),
    ],
)
def test_display_url_shows_no_secret(url: str, shown: str) -> None:
    assert display_url(url) == shown
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://u:p@h/x", "postgres://v:q@h:5432/x?sslmode=require"),
        ("postgresql://H.Example.COM/x", "host=h.example.com. dbname=x"),
        ("postgresql://localhost/x", "postgresql://127.0.0.1:5432/x"),
        ("postgresql://localhost/x", "postgresql://[::1]/x"),
        ("postgresql://localhost/x", "postgresql:///x?host=/var/run/postgresql"),
        ("postgresql://u@localhost", "postgresql://localhost/u"),
        ("postgresql:///x?host=/tmp/s", "postgresql:///x?host=/tmp/../tmp/s/"),
        ("postgresql://a:1,b:2/x", "postgresql://c:3,b:2/x"),
        ("postgresql://h/x?hostaddr=10.0.0.1", "postgresql://10.0.0.1/x"),
        ("service=books dbname=x", "postgresql:///x?service=books"),
    ],
)
def test_two_spellings_of_one_database_are_one(one: str, other: str) -> None:
    assert same_database(one, other)
    assert same_database(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://h/x", "postgresql://h/y"),
        ("postgresql://h/x", "postgresql://h/X"),
        ("postgresql://h/x", "postgresql://h:5433/x"),
        ("postgresql://h/x", "postgresql://g/x"),
        ("postgresql://localhost/x", "postgresql:///x?host=/tmp/s"),
        ("postgresql:///x?host=/tmp/s", "postgresql:///x?host=/tmp/t"),
        ("postgresql://h/x", "sqlite:///x"),
    ],
)
def test_two_databases_are_two(one: str, other: str) -> None:
    assert not same_database(one, other)
    assert not same_database(other, one)


def test_missing_parts_are_filled_from_the_environment_as_libpq_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "h")
    monkeypatch.setenv("PGPORT", "5433")
    assert same_database("postgresql:///x", "postgresql://h:5433/x")
    assert not same_database("postgresql:///x", "postgresql://localhost/x")


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("h", ("h", "")),
        ("h:1", ("h", "1")),
        ("::1", ("::1", "")),
        ("[::1]", ("::1", "")),
        ("[::1]:5", ("::1", "5")),
        ("/tmp/s", ("/tmp/s", "")),
        ("/tmp/s:5432", ("/tmp/s", "5432")),
    ],
)
def test_a_place_is_host_and_port(host: str, parts: tuple[str, str]) -> None:
    assert places_of(host) == parts
