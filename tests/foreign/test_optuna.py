"""The published history of optuna, set up with `dbops init`: true findings only, and no rule is ignored."""

from __future__ import annotations

import pytest

from tests.foreign.conftest import ForeignProject, copied, found_in_schema, outcomes, reasons, severities

EXPECTED = {
    "development": (
        "pass",
        {
            ("SCH009", "info", "pragma.foreign_keys"),
            ("SCH015", "info", "main"),
        },
    ),
    "testing": (
        "pass with warnings",
        {
            ("SCH015", "warning", "trials.datetime_complete"),
            ("SCH015", "warning", "trials.datetime_start"),
        },
    ),
}


@pytest.fixture(scope="module")
def optuna(tmp_path_factory: pytest.TempPathFactory) -> ForeignProject:
    project = copied(tmp_path_factory.mktemp("optuna"), "optuna", "5.0.0", "storages/_rdb")
    assert project.dbops("init").code == 0
    return project


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def judged(request: pytest.FixtureRequest, optuna: ForeignProject) -> tuple[str, ForeignProject]:
    environment: str = request.param
    if environment == "testing":
        request.getfixturevalue("scratch_postgres")
    done = optuna.gate(environment)
    assert done.code == 0, done.out + done.err
    return environment, optuna


def test_init_finds_scripts_and_metadata_and_ignores_nothing(optuna: ForeignProject) -> None:
    written = (optuna.path / "dbops.toml").read_text()

    assert 'migrations = "alembic"' in written
    assert 'metadata   = "optuna.storages._rdb.models:BaseModel"' in written
    assert "[[waiver]]" not in written
    assert "[checks" not in written


def test_history_comes_to_a_verdict_with_true_findings_only(judged: tuple[str, ForeignProject]) -> None:
    environment, project = judged
    report = project.report(environment)

    assert (report["judgement"]["verdict"], report["judgement"]["scope"]) == (EXPECTED[environment][0], "full")
    assert found_in_schema(report) == EXPECTED[environment][1]
    assert severities(report, "connectivity") <= {"info"}


def test_nothing_is_waived_or_left_unjudged(judged: tuple[str, ForeignProject]) -> None:
    environment, project = judged
    report = project.report(environment)

    assert outcomes(report) <= {"passed", "warned", "skipped"}
    assert [result["waived"] for result in report["results"] if result["waived"]] == []
    assert report["not_run"] == []


def test_every_skip_has_its_reason(judged: tuple[str, ForeignProject]) -> None:
    environment, project = judged

    skipped = reasons(project.report(environment), "skipped")

    assert skipped
    assert all(reason.startswith(("is for ", "is off (switch it on: ")) for reason in skipped)
