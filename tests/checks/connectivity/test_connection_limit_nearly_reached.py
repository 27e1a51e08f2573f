"""CON007."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from pytest_dbops.checks.connectivity.connection_limit_nearly_reached import connection_limit_nearly_reached
from pytest_dbops.core.errors import MissingPrivilege
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target


@pytest.fixture
def limited(target: Target) -> Iterator[Target]:
    """The plain role may open five sessions."""
    target.admin(f"ALTER ROLE {PLAIN} CONNECTION LIMIT 5")
    yield target
    target.admin(f"ALTER ROLE {PLAIN} CONNECTION LIMIT -1")


def test_role_at_its_limit_is_an_error(limited: Target) -> None:
    for _ in range(5):
        limited.connect(PLAIN)
    findings = ask(connection_limit_nearly_reached, statistics=statistics_of(limited.url(MONITOR)))
    assert facts(findings, connection_limit_nearly_reached) == [(PLAIN, Severity.ERROR)]
    assert findings[0].message == "role 'plain' uses 5 of its 5 connections (100 %); the limit is 95 %"


def test_role_near_its_limit_is_a_warning(limited: Target) -> None:
    for _ in range(4):
        limited.connect(PLAIN)
    findings = ask(connection_limit_nearly_reached, statistics=statistics_of(limited.url(MONITOR)))
    assert facts(findings, connection_limit_nearly_reached) == [(PLAIN, Severity.WARNING)]


def test_database_at_its_limit_is_an_error(target: Target) -> None:
    # From elsewhere: a session of this database that has just been closed may still be one of the three.
    with closing(psycopg.connect(target.server.admin_url, autocommit=True)) as admin:
        admin.execute("ALTER DATABASE target CONNECTION LIMIT 3")
    for _ in range(2):
        target.connect(PLAIN)
    findings = ask(connection_limit_nearly_reached, statistics=statistics_of(target.url(MONITOR)))
    assert facts(findings, connection_limit_nearly_reached) == [("target", Severity.ERROR)]


def test_limits_with_room_and_no_limits_are_fine(limited: Target) -> None:
    limited.connect(PLAIN)
    assert ask(connection_limit_nearly_reached, statistics=statistics_of(limited.url(MONITOR))) == []


def test_superuser_is_exempt(target: Target) -> None:
    target.admin("ALTER ROLE CURRENT_USER CONNECTION LIMIT 1")
    target.connect()
    findings = ask(connection_limit_nearly_reached, statistics=statistics_of(target.url(MONITOR)))
    target.admin("ALTER ROLE CURRENT_USER CONNECTION LIMIT -1")
    assert findings == []


def test_role_that_sees_no_kinds_of_session_never_fails_on_its_count(limited: Target) -> None:
    for _ in range(4):
        limited.connect(PLAIN)
    with pytest.raises(MissingPrivilege, match="GRANT pg_monitor"):
        ask(connection_limit_nearly_reached, statistics=statistics_of(limited.url(PLAIN)))
