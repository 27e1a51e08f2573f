"""`dbops health --format nagios` tells monitoring the status, what decided it, and numbers it can draw."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.cli.conftest import Project
from tests.fix_postgres import ScratchDatabase

STATUSES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
PARSED = """
use strict; use warnings FATAL => 'all'; use Monitoring::Plugin::Performance;
my @all = Monitoring::Plugin::Performance->parse_perfstring($ARGV[0]);
printf "%s=%s|%s\\n", $_->label, $_->value, $_->uom // '' for @all;
"""
TABLE = "CREATE TABLE customer (id integer PRIMARY KEY)"


@pytest.fixture
def on_postgresql(project: Project, postgres_database: ScratchDatabase, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with an environment `somewhere`, judged as superuser."""
    with postgres_database.connect() as connection:
        connection.execute(TABLE)
    monkeypatch.setenv("SOMEWHERE", postgres_database.superuser_url)
    project.append('\n[env.somewhere]\nkind = "testing"\nurl = "env:SOMEWHERE"\n')
    return project


def labels(line: str) -> dict[str, str]:
    """Return the performance data by label, read as the guidelines of monitoring plugins have it."""
    found: dict[str, str] = {}
    rest = line.partition(" | ")[2]
    while rest:
        assert rest.startswith("'")
        label, _, rest = rest[1:].partition("'=")
        found[label], _, rest = rest.partition(" ")
    return found


def test_numbers_of_a_server_come_with_the_status(on_postgresql: Project) -> None:
    answer = on_postgresql.dbops("health", "--env", "somewhere", "--format", "nagios", "--check", "INT005")
    first = answer.out.splitlines()[0]
    assert (answer.code, first.partition(" - ")[0]) == (0, "DBOPS OK")
    data = labels(first)
    assert {"failed", "database_size", "connections", "oldest_transaction", "transaction_ids", "wal"} <= set(data)
    assert data["connections"].split(";")[3:] == ["0", on_postgresql_limit(on_postgresql)]
    assert data["database_size"].partition("B;")[0].isdecimal()
    assert data["transaction_ids"].endswith("%;;;0;100")


def on_postgresql_limit(project: Project) -> str:
    import os

    import psycopg

    with psycopg.connect(os.environ["SOMEWHERE"]) as connection:
        return str(connection.execute("SHOW max_connections").fetchone()[0])  # type: ignore[index]  # one row


def test_answer_is_read_by_the_library_that_monitoring_plugins_share(on_postgresql: Project) -> None:
    if subprocess.run(("perl", "-MMonitoring::Plugin::Performance", "-e1"), capture_output=True).returncode:
        pytest.skip("Monitoring::Plugin of Perl is not on this machine (libmonitoring-plugin-perl, or see PERL5LIB)")
    answer = on_postgresql.dbops("health", "--env", "somewhere", "--format", "nagios", "--cost", "catalog")
    first = answer.out.splitlines()[0]
    read = subprocess.run(("perl", "-e", PARSED, first.partition(" | ")[2]), capture_output=True, text=True, check=True)
    parsed = dict(line.split("=", 1) for line in read.stdout.splitlines())
    numbers = {label: re.match(r"[-0-9.]+", text) for label, text in labels(first).items()}
    assert {*parsed} == {*numbers}
    assert {label: float(value.partition("|")[0]) for label, value in parsed.items()} == {
        label: float(number[0]) for label, number in numbers.items() if number
    }
    assert parsed["database_size"].endswith("|B")
    status, _, text = first.partition(" | ")[0].partition(" - ")
    assert (status, answer.code, bool(text)) in [(f"DBOPS {word}", code, True) for code, word in enumerate(STATUSES)]


def test_numbers_of_a_file_come_with_the_status(project: Project) -> None:
    answer = project.dbops(
        "health", "--env", "staging", "--format", "nagios", "--category", "storage", "--cost", "catalog"
    )
    data = labels(answer.out.splitlines()[0])
    assert data["database_size"].partition("B;")[0] == str((project.path / "staging.sqlite3").stat().st_size)
    assert data["free_pages"] == "0B;;;0;"


def test_checks_that_need_no_statistics_bring_none(project: Project) -> None:
    answer = project.dbops("health", "--env", "staging", "--format", "nagios", "--check", "SCH003")
    assert set(labels(answer.out.splitlines()[0])) == {
        "failed", "inconclusive", "warned", "waived", "passed", "duration",
    }  # fmt: skip
