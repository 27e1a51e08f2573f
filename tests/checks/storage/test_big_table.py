"""STO003."""

from __future__ import annotations

from pytest_dbops.checks.storage.big_table import big_table
from pytest_dbops.core.severity import Severity
from tests.checks.connectivity.asking import ask, facts, statistics_of
from tests.checks.connectivity.conftest import Target

FILL = "CREATE TABLE entry AS SELECT n, repeat('x', 500) FROM generate_series(1, 40000) AS n"


def test_table_that_is_most_of_the_database_is_told(target: Target) -> None:
    target.admin(FILL)
    target.admin("ANALYZE entry")
    findings = ask(big_table, statistics=statistics_of(target.url()), thresholds={"least_bytes": 1_000_000})
    assert facts(findings, big_table) == [("entry", Severity.INFO)]


def test_tables_of_a_usual_size_are_fine(target: Target) -> None:
    target.admin(FILL)
    target.admin("ANALYZE entry")
    assert ask(big_table, statistics=statistics_of(target.url())) == []
