"""Who tells of backups: nobody is no answer, an empty catalogue is one, and none of them is a pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.core.check import Check
from pytest_dbops.core.deploy.deploys import Deploy, Deploys
from pytest_dbops.core.environment import Kind
from pytest_dbops.core.outcome import CheckResult, Outcome
from pytest_dbops.operations.inputs import Inputs
from pytest_dbops.operations.runner import RunRules, run_check
from pytest_dbops.operations.shared import SharedPieces
from tests.checks.backup.dumps import copied
from tests.checks.backup.records import Kept, drill
from tests.checks.backup.sealed_files import SealedFiles
from tests.checks.connectivity.asking import CLOCK, environment_at, sqlite_url

CHECKS = [check for check in builtin_checks() if "backups" in check.inputs]
every_check = pytest.mark.parametrize("check", CHECKS, ids=[check.code for check in CHECKS])
DEPLOYED = Deploys((Deploy("d", str(CLOCK - timedelta(hours=1)), "ada@example.com", ("r1",)),))


def _result(check: Check, database: Path, given: Mapping[str, object]) -> CheckResult:
    environment = environment_at(sqlite_url(database), Kind.STAGING)
    own = {name: lambda _, piece=piece: piece for name, piece in given.items()}
    inputs = Inputs(
        environment, url=lambda: sqlite_url(database), clock=CLOCK, pieces=SharedPieces(None), own=own,
        more={"deploys": (Deploys, lambda _: DEPLOYED)},
    )  # fmt: skip
    result = run_check(check, inputs, RunRules(environment, Path("/"), CLOCK.date()))
    assert inputs.close() == ""
    return result


def test_all_checks_of_a_catalogue_are_asked() -> None:
    codes = [check.code for check in CHECKS]
    assert codes == [f"BAK{number:03}" for number in (1, 2, 3, 4, 5, 8, 9, 10, 11, 13)]


@every_check
def test_nobody_is_no_answer_and_the_way_out_is_told(check: Check, database: Path) -> None:
    result = _result(check, database, {})
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.reason == (
        "no catalogue of backups is configured: nothing yet tells a gate of backups (name the check in [gate] may_skip,"
        " or do not require recent_backup in [env.staging])"
    )


@every_check
def test_empty_catalogue_passes_nothing(check: Check, database: Path, tmp_path: Path) -> None:
    given = {"backups": Kept(), "backup_files": SealedFiles(tmp_path)}
    assert _result(check, database, given).outcome in (Outcome.FAILED, Outcome.INCONCLUSIVE)


@every_check
def test_backups_as_they_should_be_pass(check: Check, database: Path, tmp_path: Path) -> None:
    files, copy = SealedFiles(tmp_path), copied(database, tmp_path)
    more = {"started_at": CLOCK, "form": copy.form, "source": copy.source, "contents": copy.contents}
    records = tuple(files.write(f"day-{age}", finished_at=CLOCK - timedelta(days=age), **more) for age in range(4))
    given = {"backups": Kept(records, (drill(1),)), "backup_files": files}
    result = _result(check, database, given)
    assert (result.outcome, result.reason, result.findings) == (Outcome.PASSED, "", ())
