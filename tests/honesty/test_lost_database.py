"""A database that is dropped while it is judged: one line for each question that is left, and no pass."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.outcome import Outcome
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces
from tests.fix_postgres import ScratchDatabase
from tests.honesty.conftest import environment_of

CHECKS: dict[str, Check] = {check.code: check for check in builtin_checks()}
READING = ("INT010", "SCH013")
OF_STATISTICS = ("PRF007", "SCH012")


@pytest.mark.parametrize("first", ["PRF009", "SCH003"])
def test_every_question_after_the_drop_is_open(first: str, postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect(autocommit=True) as owner:
        owner.execute("CREATE TABLE entry (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0))")
    url = postgres_database.superuser_url
    environment = environment_of(url)
    inputs = Inputs(environment, url=lambda: url, clock=datetime.now(UTC), pieces=SharedPieces(None))
    rules = RunRules(environment=environment, root=Path("/"), today=datetime.now(UTC).date())
    run_check(CHECKS[first], inputs, rules)
    with psycopg.connect(postgres_database.server.admin_url, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {postgres_database.name} WITH (FORCE)".encode())
        admin.execute(f"CREATE DATABASE {postgres_database.name}".encode())
    results = [run_check(CHECKS[code], inputs, rules) for code in (*READING, *OF_STATISTICS)]
    unread = [result for result in results if result.code in READING or first == "SCH003"]
    assert {result.outcome for result in unread} == {Outcome.INCONCLUSIVE}
    assert all("\n" not in result.reason and result.reason for result in unread)
    assert inputs.close()
