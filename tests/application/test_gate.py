"""The gate of the reference application, as a pipeline runs it: on a copy of the project, from nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fix_project import LEAN

ROOT = Path(__file__).parents[2]
PARTS = ("accounting", "checks", "migrations", "seeds", "alembic.ini", "dbops.toml")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the application under guard, without anything made from it."""
    folder = tmp_path_factory.mktemp("project")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    return folder


def run_gate(project: Path, environment: str, *more: str, plugins: str = LEAN) -> tuple[int, dict[str, Any]]:
    """Run the gate in a process of its own; return its exit code and its JSON report."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DBOPS_ENV"))}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", f"--dbops-env={environment}", "-p", "no:cacheprovider", *more],
        cwd=project, env=kept | {"PYTEST_ADDOPTS": plugins},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    report = json.loads((project / "dbops-reports" / environment / "gate.json").read_text(encoding="utf-8"))
    return ended.returncode, report


def facts(report: dict[str, Any]) -> tuple[str, str, dict[str, tuple[str, list[str]]]]:
    """Return verdict, scope, and each check's outcome with the fingerprints it found."""
    found = {
        result["code"]: (result["outcome"], [finding["fingerprint"] for finding in result["findings"]])
        for result in report["results"]
    }
    return report["judgement"]["verdict"], report["judgement"]["scope"], found


def test_development_passes_on_sqlite(project: Path) -> None:
    code, report = run_gate(project, "development", plugins="")
    assert (code, facts(report)[:2]) == (0, ("pass", "full"))
    assert report["target"]["server"].startswith("SQLite")
    folder = project / "dbops-reports" / "development"
    assert {file.name for file in folder.iterdir()} == {"gate.json", "gate.txt", "junit-dbops-development.xml"}


@pytest.mark.usefixtures("scratch_postgres")
def test_testing_passes_on_postgresql_and_two_workers_see_the_same(project: Path) -> None:
    code, alone = run_gate(project, "testing")
    assert (code, facts(alone)[:2]) == (0, ("pass", "full"))
    assert alone["target"]["server"].startswith("PostgreSQL")
    pytest.importorskip("xdist")
    code, together = run_gate(project, "testing", "-n", "2")
    assert (code, facts(together)) == (0, facts(alone))


def test_a_broken_copy_is_blocked(project: Path) -> None:
    (project / "checks" / "no_books.sql").write_text(
        "-- code: ZZZ001\n-- severity: error\n-- title: There are books\nSELECT id FROM organization\n",
        encoding="utf-8",
    )
    code, report = run_gate(project, "development")
    (project / "checks" / "no_books.sql").unlink()
    assert (code, facts(report)[:2]) == (1, ("blocked", "full"))


@pytest.fixture
def unprotected(project: Path) -> Iterator[Path]:
    """The application with migrations that make no policy, as long as the test lasts."""
    helper = project / "migrations" / "row_security.py"
    text = helper.read_text(encoding="utf-8")
    helper.write_text(text.replace('"postgresql"', '"no product"'), encoding="utf-8")
    yield project
    helper.write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("scratch_postgres")
def test_application_whose_policies_are_gone_is_blocked(unprotected: Path) -> None:
    """As a superuser, nothing would have changed for it."""
    code, report = run_gate(unprotected, "testing", "-k", "privacy")
    found = facts(report)[2]
    failed = {name for name, (outcome, _) in found.items() if outcome == "failed"}
    assert (code, failed) == (1, {"TEN001", "TEN015", "TEN016", "TEN017"})
    assert len(found["TEN001"][1]) >= 28
