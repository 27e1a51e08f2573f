"""The checks that `dbops init` writes are valid and silent on a sound database of either product."""

from __future__ import annotations

import pytest

from pytest_dbops.core.outcome import Outcome
from pytest_dbops.operations.initialise import apply_init, plan_init
from tests.operations.conftest import ENV, History
from tests.operations.embedding import Shop


@pytest.mark.parametrize("environment", ["development", "testing"])
@pytest.mark.parametrize("options", ["", ", version_table='schema_history'"], ids=["usual table", "own table"])
def test_examples_pass(options: str, environment: str, history: History, scratch_postgres: object) -> None:
    history.env(ENV.replace("connection=connection", f"connection=connection{options}"))
    apply_init(plan_init(history.path))
    gate = Shop(history).gate(environment)
    try:
        results = {check.code: gate.run(check) for check in gate.checks if check.code.startswith("OWN")}
    finally:
        gate.close()
        gate.end_run()

    assert {code: result.outcome for code, result in results.items()} == {
        "OWN001": Outcome.PASSED, "OWN002": Outcome.PASSED
    }  # fmt: skip
    assert [result.findings for result in results.values()] == [(), ()]
