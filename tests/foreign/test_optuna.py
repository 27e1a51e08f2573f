"""The published history of optuna, set up with `dbops init`: true findings only, and no rule is ignored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.foreign.conftest import (
    ForeignProject,
    copied,
    found_in_migrations,
    found_in_schema,
    outcomes,
    reasons,
    severities,
)

# Established with the alembic command and SQL alone: v2.4.0.a makes a type that v0.9.0.a has made, which fails where
# the two are deployed apart and not in one run; v0.9.0.a leaves its types behind; the downgrade of v2.4.0.a is empty,
# that of v3.0.0.b makes a column NOT NULL that was not, that of v3.0.0.c names an attribute of another class.
# Of rows: v1.3.0.a deletes some, and its downgrade makes one for each trial; v2.4.0.a copies a column that may be NULL
# into one that may not, drops three, and takes nothing back; v3.0.0.a reads texts as JSON, which made-up ones are not;
# v3.0.0.b deletes rows without a value. v2.4.0.a, v3.0.0.c and v3.0.0.d take or require a column.
# The models have a table that no revision makes, trial_heartbeats; they require trial_values.trial_id, which none does,
# and on PostgreSQL know a word of the enum trialstate that v1.2.0.a does not add to the type.
ROWS = {
    ("keeps_data", "v1.3.0.a"),
    ("keeps_data", "v3.0.0.a"),
    ("keeps_data", "v3.0.0.b"),
    ("compatible", "v3.0.0.c"),
    ("compatible", "v3.0.0.d"),
    ("model_drift", ""),
}
MADE_ANEW = {("locks", name) for name in ("v1.2.0.a", "v2.4.0.a", "v2.6.0.a", "v3.0.0.b", "v3.0.0.c", "v3.0.0.d")}
DEFECTS = {
    "development": {
        ("reverses", "v2.4.0.a"),
        ("reverses", "v3.0.0.b"),
        ("reverses", "v3.0.0.c"),
        ("keeps_data", "v2.4.0.a"),
        ("compatible", "v2.4.0.a"),
        *ROWS,
        *MADE_ANEW,
    },
    "testing": {
        ("applies", "v2.4.0.a"),
        ("reverses", "v0.9.0.a"),
        ("reapplies", "v0.9.0.a"),
        ("reverses", "v3.0.0.b"),
        ("reverses", "v3.0.0.c"),
        *ROWS,
    },
}
EXPECTED = {
    "development": (
        "blocked",
        {
            ("SCH009", "info", "pragma.foreign_keys"),
            ("SCH015", "info", "main"),
        },
    ),
    "testing": (
        "blocked",
        {
            ("SCH015", "warning", "trials.datetime_complete"),
            ("SCH015", "warning", "trials.datetime_start"),
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A gate that has ended: its report as data, and as the text that people read."""

    environment: str
    report: dict[str, Any]
    text: str


@pytest.fixture(scope="module")
def optuna(tmp_path_factory: pytest.TempPathFactory) -> ForeignProject:
    project = copied(tmp_path_factory.mktemp("optuna"), "optuna", "5.0.0", "storages/_rdb")
    assert project.dbops("init").code == 0
    return project


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def judged(request: pytest.FixtureRequest, optuna: ForeignProject) -> Judged:
    environment: str = request.param
    if environment == "testing":
        request.getfixturevalue("scratch_postgres")
    done = optuna.gate(environment)
    assert done.code == 1, done.out + done.err
    text = (optuna.path / "dbops-reports" / environment / "gate.txt").read_text(encoding="utf-8")
    return Judged(environment, optuna.report(environment), text)


def test_init_finds_scripts_and_metadata_and_ignores_nothing(optuna: ForeignProject) -> None:
    written = (optuna.path / "dbops.toml").read_text()

    assert 'migrations = "alembic"' in written
    assert 'metadata   = "optuna.storages._rdb.models:BaseModel"' in written
    assert "[[waiver]]" not in written
    assert "[checks" not in written


def test_history_comes_to_a_verdict_with_true_findings_only(judged: Judged) -> None:
    report = judged.report

    assert (report["judgement"]["verdict"], report["judgement"]["scope"]) == (EXPECTED[judged.environment][0], "full")
    assert found_in_schema(report) == EXPECTED[judged.environment][1]
    assert severities(report, "connectivity") <= {"info"}


def test_history_has_exactly_its_real_defects(judged: Judged) -> None:
    assert found_in_migrations(judged.report) == DEFECTS[judged.environment]


def test_nothing_is_waived_or_left_unjudged(judged: Judged) -> None:
    report = judged.report

    assert outcomes(report) <= {"failed", "passed", "warned", "skipped"}
    assert [result["waived"] for result in report["results"] if result["waived"]] == []
    assert report["not_run"] == []


def test_every_skip_is_listed_with_its_reason(judged: Judged) -> None:
    skipped = [result for result in judged.report["results"] if result["outcome"] == "skipped"]

    known = (
        "is for ",
        "is off (switch it on: ",
        "its downgrade ",
        "its upgrade ",
        "the project has no seeders",
        "the project declares no [access]",
        "the project declares no tenants",
        "no table is known to be a tenant's",
        "no table names a tenant",
        "no table is to leave an audit trail",
        "no model has an encrypted column",
        "no encrypted column is known",
        "no encrypted column was ever marked",
        "no recent backup is required here",
        "no pooler is declared",
        "no key is configured here",
        "the project says of no rows that they are old",
        "the extension amcheck is not installed",
        "the extension pg_visibility is not installed",
        "the target is built from the migrations",
        "nothing was deployed here by dbops migrate deploy",
    )
    assert [each["reason"] for each in skipped if not each["reason"].startswith(known)] == []
    listed = " ".join(judged.text.partition("Skipped, does not apply here")[2].split())
    assert [result["code"] for result in skipped if result["code"] not in listed] == []
    assert [reason for reason in reasons(judged.report, "skipped") if reason not in listed] == []
