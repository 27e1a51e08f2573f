"""The published history of jupyterhub, which starts from tables that no revision ever made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foreign.conftest import PRODUCTS, ForeignProject, copied, outcomes, reasons

NO_EMPTY_START = "migrations do not start from an empty database: revision eeb276e51423 (eeb276e51423_auth_state.py"
WAY_OUT = '[project] baseline = "schema.sql" or "module:function", first_revision = "eeb276e51423"'


@pytest.fixture
def jupyterhub(tmp_path: Path) -> ForeignProject:
    project = copied(tmp_path, "jupyterhub", "6.1.1", ".")
    assert project.dbops("init").code == 0
    return project


@pytest.mark.parametrize("environment", sorted(PRODUCTS))
def test_history_without_an_empty_start_is_one_clear_message_with_the_way_out(
    environment: str, jupyterhub: ForeignProject, scratch_postgres: object
) -> None:
    done = jupyterhub.gate(environment)
    report = jupyterhub.report(environment)

    assert done.code == 1
    assert report["judgement"]["verdict"] == "inconclusive"
    assert outcomes(report) == {"inconclusive", "skipped"}
    (message,) = reasons(report, "inconclusive")
    assert message.startswith(NO_EMPTY_START)
    assert "needs table 'users', which no earlier revision creates" in message
    assert WAY_OUT in message
    assert "Traceback" not in done.out + done.err
