"""CON022."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.checks.connectivity.configuration_not_in_effect import configuration_not_in_effect
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.clusters import Cluster, cluster
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target, request_for

UNSEEN = ("configuration files", Severity.INFO)


@pytest.fixture
def altered(target: Target) -> Iterator[Target]:
    """A server whose new maximum of connections waits for a restart."""
    target.admin("ALTER SYSTEM SET max_connections = 41")
    target.reload_until("SELECT pending_restart FROM pg_settings WHERE name = 'max_connections'", True)
    yield target
    target.admin("ALTER SYSTEM RESET max_connections")
    target.reload_until("SELECT pending_restart FROM pg_settings WHERE name = 'max_connections'", False)


def test_value_that_waits_for_a_restart_is_a_warning_once(altered: Target) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(altered.url()))
    assert facts(findings, configuration_not_in_effect) == [("max_connections", Severity.WARNING)]


def test_every_role_sees_what_waits_for_a_restart(altered: Target) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(altered.url(PLAIN)))
    assert facts(findings, configuration_not_in_effect) == [("max_connections", Severity.WARNING), UNSEEN]


def test_configuration_in_effect_is_fine(target: Target) -> None:
    assert ask(configuration_not_in_effect, statistics=statistics_of(target.url())) == []


def test_role_that_may_not_look_into_the_files_is_told_so(target: Target) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(target.url(MONITOR)))
    assert facts(findings, configuration_not_in_effect) == [UNSEEN]
    assert 'GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO "watcher"' in findings[0].hint


def test_line_the_server_cannot_read_is_an_error(broken: Cluster) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(broken.url()))
    assert ("work_mem", Severity.ERROR) in facts(findings, configuration_not_in_effect)


@pytest.fixture
def broken(postgres_majors: tuple[int, ...]) -> Iterator[Cluster]:
    """A server whose file was broken after it had started."""
    if not postgres_majors:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with cluster(request_for(postgres_majors[0])) as started:
        with (started.data / "postgresql.auto.conf").open("a") as file:
            file.write("work_mem = 'much'\n")
        yield started
