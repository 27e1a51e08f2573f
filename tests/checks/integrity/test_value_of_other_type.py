"""INT013."""

from __future__ import annotations

import psycopg
import pytest

from pytest_dbops.backends import backend_for
from pytest_dbops.checks.integrity.value_of_other_type import value_of_other_type
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, session_on
from tests.checks.connectivity.conftest import Target


def _asked(target: Target) -> list[Finding]:
    with session_on(target.url()) as session:
        backend = backend_for("postgresql")
        catalog, statistics = backend.read_catalog(session), backend.read_statistics(session)
        return ask(value_of_other_type, catalog=catalog, statistics=statistics, session=session)


@pytest.fixture
def without_encoding(target: Target):
    """A database that takes any bytes as text."""
    with psycopg.connect(target.server.admin_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
        yield Target(target.server, "bytes")
        admin.execute("DROP DATABASE bytes WITH (FORCE)")


def test_database_without_an_encoding_is_found(without_encoding: Target) -> None:
    assert facts(_asked(without_encoding), value_of_other_type) == [("encoding", Severity.WARNING)]


def test_database_in_utf8_is_fine(target: Target) -> None:
    assert _asked(target) == []
