"""CON026."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from pytest_dbops.checks.connectivity.restarted_since_last_run import restarted_since_last_run
from pytest_dbops.core.counters import sample_of
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.severity import Severity
from pytest_dbops.provisioning import RunFolder
from tests.checks.connectivity.asking import ask, facts, statistics_of, wait_until
from tests.checks.connectivity.clusters import Cluster, cluster
from tests.checks.connectivity.conftest import Target, request_for
from tests.checks.counting import NOTHING_KEPT, kept

WARNED = [("server", Severity.WARNING)]
CHECKPOINTER = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"


@pytest.fixture(scope="module")
def started(scratch_run: RunFolder, postgres_majors: tuple[int, ...]) -> Iterator[Cluster]:
    """A server of this file's own."""
    if not postgres_majors:
        pytest.skip("no PostgreSQL server binaries on this machine")
    with cluster(scratch_run, request_for(max(postgres_majors))) as made:
        yield made


def test_server_that_runs_since_before_is_fine(target: Target) -> None:
    before = statistics_of(target.url())
    assert ask(restarted_since_last_run, statistics=statistics_of(target.url()), history=kept(before)) == []


def test_server_that_was_started_again_is_told(
    started: Cluster, scratch_run: RunFolder, postgres_majors: tuple[int, ...]
) -> None:
    before = statistics_of(started.url())
    with cluster(scratch_run, request_for(max(postgres_majors))) as again:  # of the same system identifier
        findings = ask(restarted_since_last_run, statistics=statistics_of(again.url()), history=kept(before))
    assert facts(findings, restarted_since_last_run) == WARNED
    assert findings[0].message.startswith("the server was started at 2")


def test_crash_of_one_process_is_told(started: Cluster) -> None:
    before, checkpointer = statistics_of(started.url()), started.scalar(CHECKPOINTER)
    with closing(psycopg.connect(started.url())) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with suppress(psycopg.Error):
            connection.execute("SELECT 1")
    wait_until(lambda: _checkpointer(started) not in (None, checkpointer))
    findings = ask(restarted_since_last_run, statistics=statistics_of(started.url()), history=kept(before))
    assert facts(findings, restarted_since_last_run) == WARNED
    assert "as after a crash" in findings[0].message


def test_reset_of_one_database_is_no_crash(target: Target) -> None:
    before = statistics_of(target.url())
    target.admin("SELECT pg_stat_reset()")
    wait_until(lambda: sample_of(statistics_of(target.url())).since != sample_of(before).since)
    assert ask(restarted_since_last_run, statistics=statistics_of(target.url()), history=kept(before)) == []


def test_first_run_has_nothing_to_compare_with(target: Target) -> None:
    with pytest.raises(DoesNotApply, match="there is none"):
        ask(restarted_since_last_run, statistics=statistics_of(target.url()), history=NOTHING_KEPT)


def test_another_database_is_not_compared(target: Target) -> None:
    elsewhere = statistics_of(target.server.admin_url)
    with pytest.raises(DoesNotApply, match="another server or database"):
        ask(restarted_since_last_run, statistics=statistics_of(target.url()), history=kept(elsewhere))


def _checkpointer(server: Cluster) -> object:
    """Return which process it is; None while the server lets nobody in. Another one tells of a crash that is over."""
    try:
        return server.scalar(CHECKPOINTER)
    except psycopg.Error:
        return None
