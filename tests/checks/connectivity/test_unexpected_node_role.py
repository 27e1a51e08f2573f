"""CON014."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_dbops.checks.connectivity.unexpected_node_role import unexpected_node_role
from pytest_dbops.core.errors import ConfigError
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, environment_at, facts, sqlite_url, statistics_of
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Pair, Target

WRONG = [("node", Severity.ERROR)]


def _asked(url: str, expect: str = "primary") -> list[Finding]:
    return ask(
        unexpected_node_role,
        statistics=statistics_of(url),
        environment=environment_at(url),
        thresholds={"expect": expect},
    )


def test_standby_where_a_primary_is_expected_is_an_error(pair: Pair) -> None:
    findings = _asked(pair.standby.url())
    assert facts(findings, unexpected_node_role) == WRONG
    assert findings[0].message == "the server is a standby; the environment expects a primary"


def test_primary_where_a_standby_is_expected_is_an_error(pair: Pair) -> None:
    assert facts(_asked(pair.primary.url(), "standby"), unexpected_node_role) == WRONG


def test_each_node_in_its_expected_role_is_fine(pair: Pair) -> None:
    assert _asked(pair.primary.url()) + _asked(pair.standby.url(), "standby") == []


def test_database_that_is_read_only_for_all_is_an_error(target: Target) -> None:
    target.admin("ALTER DATABASE target SET default_transaction_read_only = on")
    findings = _asked(target.url(PLAIN))
    assert facts(findings, unexpected_node_role) == WRONG
    assert findings[0].message.endswith("default_transaction_read_only is on for database 'target'")


def test_server_that_is_read_only_for_all_is_an_error(careful: Target) -> None:
    assert _asked(careful.url(PLAIN))[0].message.endswith("is on for the whole server")


def test_role_of_the_gate_that_is_read_only_itself_is_fine(target: Target) -> None:
    target.admin(f"ALTER ROLE {MONITOR} SET default_transaction_read_only = on")
    findings = _asked(target.url(MONITOR))
    target.admin(f"ALTER ROLE {MONITOR} RESET ALL")
    assert findings == []


def test_expectation_that_is_no_role_of_a_node_is_refused(target: Target) -> None:
    with pytest.raises(ConfigError, match="expect is 'master'; it is primary or standby"):
        _asked(target.url(), "master")


@pytest.mark.parametrize(
    ("mode", "query", "expected"),
    [
        (0o600, "", []),
        (0o400, "", [("app.db", Severity.ERROR)]),
        (0o600, "?mode=ro&uri=true", [("url", Severity.ERROR)]),
        (0o600, "?immutable=1&uri=true", [("url", Severity.ERROR)]),
    ],
)
def test_file_that_cannot_be_written_is_found(
    database: Path, mode: int, query: str, expected: list[tuple[str, Severity]]
) -> None:
    database.chmod(mode)
    statistics = statistics_of(sqlite_url(database))
    findings = ask(unexpected_node_role, statistics=statistics, environment=environment_at(sqlite_url(database, query)))
    assert facts(findings, unexpected_node_role) == expected


@pytest.fixture
def careful(target: Target) -> Iterator[Target]:
    """A target on a server whose transactions are read-only by default."""
    target.admin("ALTER SYSTEM SET default_transaction_read_only = on")
    target.reload("default_transaction_read_only", "on")
    yield target
    target.admin("ALTER SYSTEM RESET default_transaction_read_only")
    target.reload("default_transaction_read_only", "off")
