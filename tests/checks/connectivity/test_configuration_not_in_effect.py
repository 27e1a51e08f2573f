"""CON022."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.checks.connectivity.configuration_not_in_effect import configuration_not_in_effect
from pytest_dbops.core.severity import Severity
from pytest_dbops.provisioning import RunFolder
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.clusters import Cluster, cluster
from tests.checks.connectivity.conftest import MONITOR, PLAIN, Target, request_for

UNSEEN = ("configuration files", Severity.INFO)


@pytest.fixture
def altered(target: Target) -> Iterator[Target]:
    """A server with a new value that waits for a restart."""
    target.admin("ALTER SYSTEM SET max_locks_per_transaction = 257")
    target.reload_until("SELECT pending_restart FROM pg_settings WHERE name = 'max_locks_per_transaction'", True)
    yield target
    target.admin("ALTER SYSTEM RESET max_locks_per_transaction")
    target.reload_until("SELECT pending_restart FROM pg_settings WHERE name = 'max_locks_per_transaction'", False)


def test_value_that_waits_for_a_restart_is_a_warning_once(altered: Target) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(altered.url()))
    assert facts(findings, configuration_not_in_effect) == [("max_locks_per_transaction", Severity.WARNING)]


def test_every_role_sees_what_waits_for_a_restart(altered: Target) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(altered.url(PLAIN)))
    assert facts(findings, configuration_not_in_effect) == [("max_locks_per_transaction", Severity.WARNING), UNSEEN]


def test_configuration_in_effect_is_fine(target: Target) -> None:
    assert ask(configuration_not_in_effect, statistics=statistics_of(target.url())) == []


def test_value_that_the_command_line_overrides_waits_for_nothing(target: Target) -> None:
    target.admin("ALTER SYSTEM SET max_replication_slots = 7")
    target.reload_until("SELECT pending_restart FROM pg_settings WHERE name = 'max_replication_slots'", True)
    findings = ask(configuration_not_in_effect, statistics=statistics_of(target.url()))
    target.admin("ALTER SYSTEM RESET max_replication_slots")
    assert findings == []


def test_role_that_may_not_look_into_the_files_is_told_so(target: Target) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(target.url(MONITOR)))
    assert facts(findings, configuration_not_in_effect) == [UNSEEN]
    assert 'GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO "watcher"' in findings[0].hint


def test_line_the_server_cannot_read_is_an_error(broken: Cluster) -> None:
    findings = ask(configuration_not_in_effect, statistics=statistics_of(broken.url()))
    assert ("work_mem", Severity.ERROR) in facts(findings, configuration_not_in_effect)


@pytest.fixture
def broken(scratch_run: RunFolder, postgres_majors: tuple[int, ...]) -> Iterator[Cluster]:
    """A server whose file was broken after it had started."""
    if not postgres_majors:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with cluster(scratch_run, request_for(postgres_majors[0])) as started:
        with (started.data / "postgresql.auto.conf").open("a") as file:
            file.write("work_mem = 'much'\n")
        yield started
