"""The same attempts written as a `.sql` check and run as a gate runs it: inconclusive, and nothing is changed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_dbops.checks.sql_file import parse_sql_check
from pytest_dbops.core.environment import DEFAULT_POLICIES, Environment, Kind
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.core.secret import Secret
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces
from tests.fix_targets import PRODUCTS, Target
from tests.harm.attempts import POSTGRESQL, SQLITE, Attempt

HEADER = "-- code: OWN001\n-- severity: error\n-- title: harmful\n"


def run_as_check(sql: str, target: Target, folder: Path) -> CheckResult:
    """Run a `.sql` check by the plain runner, in a session of its own."""
    file = folder / "harmful.sql"
    file.write_text(HEADER + sql)
    environment = Environment(
        name="staging", kind=Kind.STAGING, dialect=target.backend.name, url=Secret(target.url),
        url_reference="env:STAGING_DATABASE_URL", policy=DEFAULT_POLICIES[Kind.STAGING],
    )  # fmt: skip
    clock = datetime(2026, 3, 1, tzinfo=UTC)
    inputs = Inputs(environment, url=lambda: target.url, clock=clock, pieces=SharedPieces(None))
    with closing(inputs):
        return run_check(parse_sql_check(file), inputs, RunRules(environment, folder, clock.date()))


@pytest.mark.parametrize("attempt", POSTGRESQL, ids=lambda attempt: attempt.name)
def test_postgresql_check_that_would_harm_is_inconclusive(
    attempt: Attempt, postgresql_target: Target, tmp_path: Path
) -> None:
    before = postgresql_target.state()
    result = run_as_check(attempt.sql, postgresql_target, tmp_path)
    assert (result.outcome, result.findings) == (Outcome.INCONCLUSIVE, ())
    assert result.reason
    assert postgresql_target.state() == before


@pytest.mark.parametrize("attempt", SQLITE, ids=lambda attempt: attempt.name)
def test_sqlite_check_that_would_harm_is_inconclusive(attempt: Attempt, sqlite_target: Target, tmp_path: Path) -> None:
    before = sqlite_target.state()
    result = run_as_check(attempt.sql, sqlite_target, tmp_path)
    assert (result.outcome, result.findings) == (Outcome.INCONCLUSIVE, ())
    assert result.reason
    assert sqlite_target.state() == before


@pytest.mark.parametrize("target", PRODUCTS, indirect=True)
def test_check_that_only_reads_finds_its_rows(target: Target, tmp_path: Path) -> None:
    before = target.state()
    result = run_as_check("SELECT id, cents FROM invoice WHERE cents > 200;", target, tmp_path)
    assert (result.outcome, len(result.findings)) == (Outcome.FAILED, 1)
    assert target.state() == before
