"""Health costs few round trips, and no more on a database of many tables: counted on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Cost
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces
from tests.checks.connectivity.asking import session_on
from tests.checks.counting import kept
from tests.fix_postgres import ScratchDatabase
from tests.fix_wire import Wire, counted_wire
from tests.honesty.conftest import ASKED_ALONE, environment_of

MOST = 14
CHECKS = [check for check in builtin_checks() if set(check.inputs) <= set(ASKED_ALONE) and check.cost is Cost.CATALOG]
ANSWERS = (Outcome.PASSED, Outcome.WARNED, Outcome.FAILED)


@pytest.mark.parametrize("tables", [1, 150])
def test_checks_that_read_no_rows_take_few_round_trips(tables: int, postgres_database: ScratchDatabase) -> None:
    with postgres_database.connect() as owner:
        for number in range(tables):
            owner.execute(f"CREATE TABLE entry_{number} (id bigint PRIMARY KEY, note text)".encode())
            owner.execute(f"CREATE VIEW shown_{number} AS SELECT id, note FROM entry_{number}".encode())
    with TemporaryDirectory() as folder, counted_wire(postgres_database.superuser_url, Path(folder)) as (url, wire):
        results, round_trips = _judged(url, wire)
    assert sum(result.outcome in ANSWERS for result in results) > 50
    assert 0 < round_trips <= MOST


def _judged(url: str, wire: Wire) -> tuple[list[CheckResult], int]:
    """Return the results of all checks, and the round trips from the opened session on."""
    environment, now = environment_of(url), datetime.now(UTC)
    inputs = Inputs(environment, url=lambda: url, clock=now, pieces=SharedPieces(None))
    rules = RunRules(environment=environment, root=Path("/"), today=now.date(), cost=Cost.CATALOG)
    try:
        inputs.get("session")
        opened = wire.round_trips
        inputs._made["history"] = kept(inputs.get("statistics"))
        return [run_check(check, inputs, rules) for check in CHECKS], wire.round_trips - opened
    finally:
        assert not inputs.close()


def test_question_of_a_session_takes_one_round_trip(postgres_database: ScratchDatabase) -> None:
    with (
        TemporaryDirectory() as folder,
        counted_wire(postgres_database.url, Path(folder)) as (url, wire),
        session_on(url) as session,
    ):
        opened = wire.round_trips
        session.round_trip_ms()
        after_ping = wire.round_trips
        session.query("SELECT n FROM generate_series(1, 50000) AS n")
        after_query = wire.round_trips
    assert (after_ping - opened, after_query - after_ping) == (1, 1)
