"""A role that may not see the answer gets no pass."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.outcome import CheckResult, Outcome
from tests.cases.asking import Question, ask
from tests.fix_postgres import ScratchDatabase

CHECKS: dict[str, Check] = {check.code: check for check in builtin_checks()}


def ask_as_a_stranger(code: str, database: ScratchDatabase, *statements: str) -> CheckResult:
    """Build as the superuser, then ask as a role that owns nothing of it."""
    with closing(psycopg.connect(database.superuser_url, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    return ask(Question(CHECKS[code], "postgresql"), database.url)


@pytest.mark.parametrize("code", ["SCH012", "SCH013", "SCH014"])
def test_sequence_that_cannot_be_read_is_inconclusive(code: str, postgres_database: ScratchDatabase) -> None:
    result = ask_as_a_stranger(code, postgres_database, "CREATE TABLE invoice (id serial PRIMARY KEY)")
    assert (result.outcome, "GRANT SELECT" in result.reason or "needs SELECT" in result.reason) == (
        Outcome.INCONCLUSIVE,
        True,
    )


def test_sequence_that_can_be_read_is_judged_beside_one_that_cannot(postgres_database: ScratchDatabase) -> None:
    result = ask_as_a_stranger(
        "SCH012",
        postgres_database,
        "CREATE SEQUENCE hidden",
        "CREATE SEQUENCE seen AS smallint",
        "SELECT setval('seen', 32000)",
        "GRANT SELECT ON SEQUENCE seen TO PUBLIC",
    )
    assert ([finding.subject for finding in result.findings], result.outcome) == (["seen"], Outcome.INCONCLUSIVE)


def test_rows_that_a_policy_may_hide_are_inconclusive(postgres_database: ScratchDatabase) -> None:
    result = ask_as_a_stranger(
        "SCH013",
        postgres_database,
        "CREATE TABLE invoice (id serial PRIMARY KEY)",
        "INSERT INTO invoice VALUES (7)",
        "ALTER TABLE invoice ENABLE ROW LEVEL SECURITY",
        "GRANT SELECT ON invoice, invoice_id_seq TO PUBLIC",
    )
    assert (result.outcome, "row-level security" in result.reason) == (Outcome.INCONCLUSIVE, True)


def test_default_partition_that_cannot_be_read_is_inconclusive(postgres_database: ScratchDatabase) -> None:
    result = ask_as_a_stranger(
        "SCH029",
        postgres_database,
        "CREATE TABLE line (n int) PARTITION BY RANGE (n)",
        "CREATE TABLE line_other PARTITION OF line DEFAULT",
    )
    assert (result.outcome, "line_other" in result.reason) == (Outcome.INCONCLUSIVE, True)


def test_view_that_cannot_be_read_is_inconclusive(postgres_database: ScratchDatabase) -> None:
    result = ask_as_a_stranger("SCH030", postgres_database, "CREATE VIEW one AS SELECT 1 AS n")
    assert (result.outcome, "permission denied" in result.reason) == (Outcome.INCONCLUSIVE, True)
