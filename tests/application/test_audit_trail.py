"""The application under `[audit]` of its dbops.toml: installed, written to, sealed, and every check of it green."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from pytest_dbops.checks.registry import builtin_checks
from pytest_dbops.cli import main
from pytest_dbops.operations.gate import GateRequest
from pytest_dbops.operations.health import check_health
from tests.application.conftest import Home
from tests.application.history import ROOT

CODES = tuple(sorted(check.code for check in builtin_checks() if check.code.startswith("AUD")))
AUDIT = (ROOT / "dbops.toml").read_text(encoding="utf-8").partition("\n[audit]\n")[2]
STAGING = '[env.staging]\nurl = "env:BOOKS_URL"\ndialect = "{}"\nrequire = ["auditing"]\n\n[audit]\n'
CHANGES = (
    "UPDATE app_user SET display_name = 'Somebody else', last_login_at = NULL",
    "UPDATE encryption_key SET encrypt_count = encrypt_count + 1",
    "DELETE FROM consent",
)


@pytest.fixture
def books(
    seeded_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> dict[str, str]:
    """The seeded application as a project's staging environment; returns its variables."""
    variables = {"BOOKS_URL": seeded_home.url.replace("+psycopg", "", 1)}
    if seeded_home.dialect == "postgresql":
        variables["SHADOW_DATABASE_URL"] = request.getfixturevalue("application_server").admin_url
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    file = make_url(seeded_home.url).database or ""
    if seeded_home.dialect == "sqlite":
        Path(file).chmod(0o600)
    (tmp_path / "dbops.toml").write_text(STAGING.format(seeded_home.dialect) + AUDIT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return variables


def test_every_check_of_the_trail_passes(
    books: dict[str, str], seeded_home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "install", "--env", "staging"]) == 0
    with seeded_home.superuser_engine().begin() as connection:
        people, _, consents = (connection.execute(text(change)).rowcount for change in CHANGES)
    assert main(["audit", "seal", "--env", "staging", "--wait", "60"]) == 0
    capsys.readouterr()
    assert main(["audit", "verify", "--env", "staging", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == people + consents > 0
    request = GateRequest(tmp_path / "dbops.toml", "staging", books, datetime.now(UTC))
    report, _ = check_health(request, categories=(), codes=CODES, progress=lambda told: None)
    outcomes = {each.code: each.outcome.value for each in report.results}
    never = {"AUD006"} if seeded_home.dialect == "sqlite" else set()
    assert outcomes == {code: "skipped" if code in never else "passed" for code in CODES}
