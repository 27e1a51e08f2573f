"""What checks are given is read from the server once a run, however many workers ask."""

from __future__ import annotations

import pytest

from tests.fix_project import GateProject
from tests.fix_tcp_postgres import TcpPostgres

CONFIG = """
[env.staging]
url     = "env:STAGING_DATABASE_URL"
require = []
"""
CATALOG = "FROM pg_catalog.pg_event_trigger"
STATISTICS = "'settings' AS part"


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_catalog_and_statistics_are_read_once(
    workers: tuple[str, ...], gate_project: GateProject, tcp_postgres: TcpPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("xdist")
    gate_project.write("dbops.toml", CONFIG)
    monkeypatch.setenv("STAGING_DATABASE_URL", tcp_postgres.url())
    before = tcp_postgres.log

    gate_project.run_apart("-p", "no:randomly", "-p", "no:cacheprovider", "--dbops-env=staging", *workers)

    read = tcp_postgres.log.removeprefix(before)
    assert (read.count(CATALOG), read.count(STATISTICS)) == (1, 1)
    assert gate_project.report()["not_run"] == []
