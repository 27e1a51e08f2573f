"""What may stand in `url`, and what a message about it never shows."""

from __future__ import annotations

import pytest

from pytest_dbops.config.references import dialect_of, parse_reference, passwords_in

ACCEPTED = [
    ("env:STAGING_DATABASE_URL", None),
    ("file:/run/secrets/url", None),
    ("file:///run/secrets/url", None),
    ("cmd:pass show 'staging url'", None),
    ("embedded:sqlite", "sqlite"),
    ("embedded:postgresql", "postgresql"),
    ("sqlite:///data/app.db", "sqlite"),
    ("sqlite+pysqlite:////srv/app.db?mode=ro", "sqlite"),
    ("postgresql://gate@db.example.com/accounting?sslmode=verify-full", "postgresql"),
    ("postgresql+psycopg://db.example.com", "postgresql"),
    ("postgres:///accounting?host=/run/postgresql", "postgresql"),
    ("postgresql://gate@one.example.com:5432,two.example.com:5433/accounting", "postgresql"),
]

REFUSED = [
    ("postgresql://gate:hunter22@db/x", "holds a password"),
    ("postgresql://db/x?password=hunter22", "holds a password"),
    ("postgresql://db/x?sslmode=require&sslpassword=hunter22", "holds a password"),
    ("postgresql://gate:hun/ter22@db/x", "holds a password"),
    ("mysql://gate:hunter22@db/x", "is a URL of 'mysql'; supported are postgresql:// and sqlite:///"),
    ("postgresql://db:hunter22/x", "has a port or host that cannot be read"),
    ("hunter22", "is no reference"),
    ("hunter22:x", "is no reference"),
    ("env:", "does not name a variable"),
    ("env:${hunter22}", "does not name a variable"),
    ("file: ", "does not name a file"),
    ("cmd: ", "names no command"),
    ("cmd:echo 'hunter22", "unclosed quote"),
    ("cmd:echo postgresql://gate:hunter22@db/x", "holds a password in its command"),
    ("embedded:hunter22", "names no embedded product"),
    ("sqlite://", "names no file"),
    ("sqlite:///:memory:", "names no file"),
    ("sqlite:///?password=hunter22", "holds a password"),
]


@pytest.mark.parametrize(("written", "dialect"), ACCEPTED)
def test_reference_is_accepted_and_shown_as_written(written: str, dialect: str | None) -> None:
    reference = parse_reference(written)

    assert (reference.written, reference.dialect) == (written, dialect)


@pytest.mark.parametrize(("written", "problem"), REFUSED)
def test_reference_is_refused_without_being_shown(written: str, problem: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_reference(written)

    assert str(caught.value).startswith(problem) or problem in str(caught.value)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "passwords"),
    [
        ("postgresql://u:p%40ss@h/db", ("p%40ss", "p@ss")),
        ("postgresql://u:p@ss@h/db", ("p@ss",)),
        ("postgresql://u:p/s?s#@h/db", ("p/s?s#",)),
        ("postgresql://u:pw@h/db?options=a@b", ("pw", "pw@h/db?options=a")),
        ("postgresql://u@h/db?password=a%20b", ("a b",)),
        ("postgresql://u@h:5432/db", ()),
        ("sqlite:////srv/a:b@c.db", ()),
        ("no url", ()),
    ],
)
def test_passwords_are_found_in_every_reading(url: str, passwords: tuple[str, ...]) -> None:
    assert passwords_in(url) == passwords


@pytest.mark.parametrize(
    ("url", "dialect"), [("POSTGRESQL://h", "postgresql"), ("sqlite:///x", "sqlite"), ("oracle://h", None), ("", None)]
)
def test_dialect_is_known_by_the_scheme(url: str, dialect: str | None) -> None:
    assert dialect_of(url) == dialect
