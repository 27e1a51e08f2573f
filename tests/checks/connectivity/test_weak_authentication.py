"""CON003."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_dbops.checks.connectivity.weak_authentication import weak_authentication
from pytest_dbops.core.severity import Severity
from pytest_dbops.provisioning import RunFolder
from tests.checks.connectivity.asking import ask, facts, sqlite_url, statistics_of
from tests.checks.connectivity.clusters import Cluster, cluster
from tests.checks.connectivity.conftest import MONITOR, Target, request_for

RULES = b"""
local   all        all                      trust
host    all        all   127.0.0.1/32       trust
host    all        all   localhost          trust
host    app        all   203.0.113.0/24     trust
host    all        old   2001:db8::/32      md5
host    all        all   198.51.100.0/24    password
hostssl all        all   198.51.100.0/24    password
hostssl all        all   0.0.0.0/0          scram-sha-256
"""


@pytest.fixture(scope="module")
def careless(scratch_run: RunFolder, postgres_majors: tuple[int, ...]) -> Iterator[Cluster]:
    """A server whose rules let many in."""
    if not postgres_majors:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with cluster(scratch_run, request_for(postgres_majors[0]), files={"pg_hba.conf": RULES}) as started:
        yield started


def test_each_weak_rule_for_a_network_is_found(careless: Cluster) -> None:
    findings = ask(weak_authentication, statistics=statistics_of(careless.url()))
    assert facts(findings, weak_authentication) == [
        ("host app all 203.0.113.0/24 trust", Severity.ERROR),
        ("host all old 2001:db8::/32 md5", Severity.WARNING),
        ("host all all 198.51.100.0/24 password", Severity.ERROR),
    ]


def test_rules_for_sockets_and_loopback_are_fine(target: Target) -> None:
    assert ask(weak_authentication, statistics=statistics_of(target.url())) == []


def test_md5_passwords_are_a_warning(careless: Cluster) -> None:
    careless.admin("SET password_encryption = 'md5'; CREATE ROLE clerk LOGIN PASSWORD 'swordfish'")
    careless.admin("CREATE ROLE teller LOGIN PASSWORD 'swordfish'")
    findings = ask(weak_authentication, statistics=statistics_of(careless.url()))
    careless.admin("DROP ROLE clerk, teller")
    assert ("clerk", Severity.WARNING) in facts(findings, weak_authentication)
    assert "teller" not in [finding.subject for finding in findings]
    assert "swordfish" not in repr(findings)


def test_storing_new_passwords_as_md5_is_a_warning(target: Target) -> None:
    target.admin("ALTER DATABASE target SET password_encryption = 'md5'")
    findings = ask(weak_authentication, statistics=statistics_of(target.url()))
    assert facts(findings, weak_authentication) == [("password_encryption", Severity.WARNING)]


def test_role_that_may_not_see_the_rules_is_told_so(target: Target) -> None:
    findings = ask(weak_authentication, statistics=statistics_of(target.url(MONITOR)))
    assert facts(findings, weak_authentication) == [("pg_hba.conf", Severity.INFO)]
    assert 'GRANT SELECT ON pg_hba_file_rules TO "watcher"' in findings[0].hint


def test_the_grants_of_the_hint_show_the_rules(target: Target) -> None:
    target.admin(f"GRANT SELECT ON pg_hba_file_rules TO {MONITOR}")
    target.admin(f"GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO {MONITOR}")
    statistics = statistics_of(target.url(MONITOR))
    target.admin(f"REVOKE SELECT ON pg_hba_file_rules FROM {MONITOR}")
    target.admin(f"REVOKE EXECUTE ON FUNCTION pg_hba_file_rules() FROM {MONITOR}")
    assert len(statistics.rows("hba_rules")) > 3
    assert ask(weak_authentication, statistics=statistics) == []


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("", [("watcher", Severity.ERROR)]),
        ("md5:watcher", [("watcher", Severity.WARNING)]),
        ("scram-sha-256:watcher", []),
        (None, []),
    ],
)
def test_own_login_over_the_network_is_judged(
    target: Target, login: str | None, expected: list[tuple[str, Severity]]
) -> None:
    statistics = statistics_of(target.url(MONITOR))
    server = {**statistics.rows("server")[0], "login": login, "client_address": "192.0.2.7"}
    statistics = replace(statistics, parts={**statistics.parts, "server": [server]})
    findings = ask(weak_authentication, statistics=statistics)
    assert facts(findings, weak_authentication) == [*expected, ("pg_hba.conf", Severity.INFO)]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o600, []),
        (0o400, []),
        (0o640, [("app.db", Severity.WARNING)]),
        (0o644, [("app.db", Severity.ERROR)]),
        (0o606, [("app.db", Severity.ERROR)]),
    ],
)
def test_file_that_others_may_read_is_found(database: Path, mode: int, expected: list[tuple[str, Severity]]) -> None:
    database.chmod(mode)
    findings = ask(weak_authentication, statistics=statistics_of(sqlite_url(database)))
    assert facts(findings, weak_authentication) == expected


def test_wider_mode_can_be_allowed(database: Path) -> None:
    database.chmod(0o660)
    statistics = statistics_of(sqlite_url(database))
    assert ask(weak_authentication, statistics=statistics, thresholds={"file_mode": "0660"}) == []
