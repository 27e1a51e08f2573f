"""A scratch URL that is, or could be, an environment's database is refused before anything connects."""

from __future__ import annotations

import socket

import pytest

from pytest_dbops.core.errors import PolicyRefused
from pytest_dbops.core.secret import Secret
from pytest_dbops.provisioning.refusal import refuse_if_environment


def is_refused(scratch: str, environment: str) -> bool:
    try:
        refuse_if_environment(Secret(scratch), {"staging": Secret(environment)})
    except PolicyRefused:
        return True
    return False


@pytest.mark.parametrize(
    ("scratch", "environment"),
    [
        ("postgresql://h.invalid/app", "postgresql://h.invalid/app"),
        ("postgresql://a:b@h.invalid:5432/app", "postgresql+psycopg://c:d@H.Invalid./app?sslmode=require"),
        ("postgresql://h.invalid/app", "postgres:///app?host=h.invalid&port=5432"),
        ("postgresql://localhost/app", "postgresql://127.0.0.1/app"),
        ("postgresql://localhost/app", "postgresql://[::1]/app"),
        ("postgresql://localhost/app", "postgresql:///app"),
        ("postgresql://localhost/app", "postgresql:///app?host=/var/run/postgresql"),
        ("postgresql:///app?host=/run/postgresql/", "postgresql:///app?host=/tmp"),
        ("postgresql:///app?host=/srv/pg", "postgresql:///app?host=/srv/pg/"),
        ("postgresql://app@localhost", "postgresql://localhost/app"),
        (f"postgresql://{socket.gethostname()}/app", "postgresql://localhost/app"),
        ("postgresql://127.0.0.2/app", "postgresql://localhost/app"),
    ],
)
def test_the_same_database_is_refused_however_it_is_written(scratch: str, environment: str) -> None:
    assert is_refused(scratch, environment)
    assert is_refused(environment, scratch)


@pytest.mark.parametrize(
    ("scratch", "environment"),
    [
        ("postgresql://h.invalid/scratch", "postgresql://h.invalid/app"),
        ("postgresql://h.invalid:6543/app", "postgresql://h.invalid/app"),
        ("postgresql://one.invalid/app", "postgresql://other.invalid/app"),
        ("postgresql:///app?host=/dev/shm/x/s", "postgresql://localhost/app"),
        ("postgresql://h.invalid/App", "postgresql://h.invalid/app"),
        ("postgresql://h.invalid/app", "sqlite:///app"),
    ],
)
def test_another_database_is_accepted(scratch: str, environment: str) -> None:
    assert not is_refused(scratch, environment)


def test_a_host_name_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **kinds: [entry] if host == "alias.invalid" else [])
    assert is_refused("postgresql://alias.invalid/app", "postgresql://192.0.2.7/app")


def test_the_refusal_names_the_environment_and_shows_no_password() -> None:
    url = Secret("postgresql://root:swordfish@h.invalid/app")
    with pytest.raises(PolicyRefused) as caught:
        refuse_if_environment(url, {"other": Secret("postgresql://h.invalid/x"), "production": url})
    assert str(caught.value) == (
        "the scratch URL leads to the database 'app' of environment 'production';"
        " scratch databases are made and dropped (give another server in SHADOW_DATABASE_URL)"
    )


def test_without_environments_nothing_is_refused() -> None:
    refuse_if_environment(Secret("postgresql://h.invalid/app"), {})
