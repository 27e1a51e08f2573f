"""Published projects under guard: alembic histories copied out of installed wheels, set up as a user would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.fix_project import LEAN

LEAN_IMPORTS = Path(__file__).with_name("lean")
PRODUCTS = {"development": "sqlite", "testing": "postgresql"}
_URLS = ("DATABASE_URL", "SHADOW_DATABASE_URL", "DBOPS_ENV", "PYTEST_ADDOPTS")


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class ForeignProject:
    """A folder with somebody's history, in which commands run as their users run them."""

    path: Path
    cache: Path

    def dbops(self, *args: str) -> Done:
        """Run `dbops` in the project."""
        return self._run("-m", "pytest_dbops", *args)

    def gate(self, environment: str) -> Done:
        """Run the gate of an environment."""
        return self._run("-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", f"--dbops-env={environment}")

    def report(self, environment: str) -> dict[str, Any]:
        """Return the JSON report of the last gate."""
        loaded: dict[str, Any] = json.loads((self.path / "dbops-reports" / environment / "gate.json").read_text())
        return loaded

    def configure(self, old: str, new: str) -> None:
        """Change a line of dbops.toml."""
        file = self.path / "dbops.toml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def _run(self, *args: str) -> Done:
        environ = {name: value for name, value in os.environ.items() if name not in _URLS}
        paths = os.pathsep.join(filter(None, (str(LEAN_IMPORTS), environ.get("PYTHONPATH"))))
        environ |= {"COLUMNS": "200", "XDG_CACHE_HOME": str(self.cache), "PYTEST_ADDOPTS": LEAN, "PYTHONPATH": paths}
        done = subprocess.run(
            [sys.executable, *args], cwd=self.path, env=environ, capture_output=True, text=True, timeout=180,
            check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)


def copied(folder: Path, distribution: str, wanted: str, inside: str) -> ForeignProject:
    """Copy a wheel's alembic.ini and alembic/ into an empty project; skips where that very wheel is not installed."""
    try:
        installed = version(distribution)
    except PackageNotFoundError:
        pytest.skip(f"{distribution} is not installed (pip install {distribution}=={wanted})")
    if installed != wanted:
        pytest.skip(f"{distribution} {installed} is installed; what is pinned here is of {wanted}")
    spec = find_spec(distribution)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent / inside
    shutil.copy(source / "alembic.ini", folder)
    shutil.copytree(source / "alembic", folder / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    cache = folder.parent / "cache"
    cache.mkdir(exist_ok=True)
    return ForeignProject(folder, cache)


def found_in_schema(report: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Return (code, severity, subject) of all findings about the schema."""
    results = [result for result in report["results"] if result["category"] == "schema"]
    return {(each["code"], each["severity"], each["subject"]) for result in results for each in result["findings"]}


def found_in_migrations(report: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return (check, revision) of all findings about migrations."""
    results = [result for result in report["results"] if result["category"] == "migrations"]
    return {(each["name"], each["case"]) for each in results if each["findings"]}


def severities(report: Mapping[str, Any], category: str) -> set[str]:
    """Return the severities of a category's findings."""
    results = [result for result in report["results"] if result["category"] == category]
    return {finding["severity"] for result in results for finding in result["findings"]}


def outcomes(report: Mapping[str, Any]) -> set[str]:
    """Return the outcomes that occur."""
    return {result["outcome"] for result in report["results"]}


def reasons(report: Mapping[str, Any], outcome: str) -> set[str]:
    """Return the reasons given for an outcome."""
    return {result["reason"] for result in report["results"] if result["outcome"] == outcome}
