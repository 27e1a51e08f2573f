"""BAK006."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_dbops.checks.backup.archiver_failing import archiver_failing
from pytest_dbops.core.errors import DoesNotApply
from pytest_dbops.core.severity import Severity
from pytest_dbops.provisioning import RunFolder
from tests.checks.connectivity.asking import ask, facts, statistics_of, wait_until
from tests.checks.connectivity.clusters import Cluster, cluster
from tests.checks.connectivity.conftest import Target, request_for

FAILS, WORKS = "false", "true"


@pytest.fixture(scope="module")
def archiving(scratch_run: RunFolder, postgres_majors: tuple[int, ...]) -> Iterator[Cluster]:
    """A server that archives its WAL by a command that can be changed."""
    with cluster(scratch_run, request_for(max(postgres_majors)), archive_mode="on") as started:
        yield started


def _archive(server: Cluster, command: str, outcome: str) -> None:
    server.admin(f"ALTER SYSTEM SET archive_command = '{command}'")
    server.admin("SELECT pg_reload_conf()")
    server.admin("SELECT pg_stat_reset_shared('archiver')")
    server.admin("CREATE TABLE IF NOT EXISTS passing (id integer); INSERT INTO passing VALUES (1)")
    server.admin("SELECT pg_switch_wal()")
    wait_until(lambda: bool(server.scalar(f"SELECT {outcome} > 0 FROM pg_stat_archiver")))


def test_archiving_that_fails_is_found(archiving: Cluster) -> None:
    _archive(archiving, FAILS, "failed_count")
    findings = ask(archiver_failing, statistics=statistics_of(archiving.url()), thresholds={"warn_waiting": 1})
    assert facts(findings, archiver_failing) == [("archiver", Severity.ERROR), ("archiver", Severity.WARNING)]


def test_archiving_that_works_is_fine(archiving: Cluster) -> None:
    _archive(archiving, WORKS, "archived_count")
    assert ask(archiver_failing, statistics=statistics_of(archiving.url())) == []


def test_server_that_does_not_archive_is_not_asked(target: Target) -> None:
    with pytest.raises(DoesNotApply, match="archive_mode is off"):
        ask(archiver_failing, statistics=statistics_of(target.url()))
