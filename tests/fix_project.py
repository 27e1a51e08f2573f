"""A project under guard, made by pytester: a SQLite database, a dbops.toml, checks of its own, and ordinary tests.

    gate_project    the project, with one environment `staging` on a sound SQLite database

Files in, run, outcomes out: `gate_project.run(...)` returns pytester's result, `gate_project.report()`
the JSON report that the run left.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

# pytester forgets what a run imported; what is imported here stays, so that each run does not import it again. None of
# it keeps anything from run to run.
import pytest_dbops.backends.sqlite.catalog
import pytest_dbops.backends.sqlite.session
import pytest_dbops.operations.encryption.provide
import pytest_dbops.operations.seeding.rehearse
import pytest_dbops.plugin.run
import pytest_dbops.reports.junit
import pytest_dbops.reports.nagios  # noqa: F401
from pytest_dbops import core
from pytest_dbops.checks.registry import imported_checks

SOUND = """
CREATE TABLE customer (id integer PRIMARY KEY, number text NOT NULL UNIQUE) STRICT;
CREATE TABLE invoice (
  id integer PRIMARY KEY,
  customer_id integer NOT NULL REFERENCES customer (id) ON DELETE RESTRICT
) STRICT;
CREATE INDEX invoice_customer ON invoice (customer_id);
INSERT INTO customer VALUES (1, 'C-1'), (2, 'C-2');
INSERT INTO invoice VALUES (10, 1), (11, 2);
"""

CONFIG = """
[project]
checks = ["checks"]

[env.staging]
url     = "sqlite:///staging.sqlite3"
kind    = "staging"
require = []
"""

OWN_CHECK = """\
-- code: OWN900
-- title: Nothing is odd
SELECT 1 AS id WHERE 1 = 0
"""
"""Stands in the project's folder of checks, which must hold one, until a test writes its own."""

imported_checks()
for _, name, _ in walk_packages(core.__path__, f"{core.__name__}."):
    import_module(name)

NEIGHBOURS = (
    "asyncio", "faker", "html", "html_fixtures", "hypothesispytest", "metadata", "platformdirs", "pytest_cov",
    "randomly", "rerunfailures", "timeout",
)  # fmt: skip
LEAN = " ".join(f"-p no:{name}" for name in NEIGHBOURS)
"""Plugins that a session of its own would load for nothing, at half of a gate's time; `-p NAME` asks for one again."""
ONLY = ("-p", "no:randomly", "-p", "no:cacheprovider")


class GateProject:
    """A folder with everything a gate needs; every method returns at once, `run` when pytest has ended."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.write("dbops.toml", CONFIG)
        self.write("checks/nothing_is_odd.sql", OWN_CHECK)
        self.sql(SOUND)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if name.startswith("checks/") and file.suffix in (".py", ".sql") and text != OWN_CHECK:
            (file.parent / "nothing_is_odd.sql").unlink(missing_ok=True)
        return file

    def append(self, name: str, text: str) -> None:
        """Add to a file of the project."""
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def sql(self, script: str, database: str = "staging.sqlite3") -> None:
        """Run a script on the environment's database."""
        with closing(sqlite3.connect(self.path / database)) as connection:
            connection.executescript(script)
        (self.path / database).chmod(0o600)

    def sql_check(self, name: str, sql: str, *, code: str = "OWN001", severity: str = "error", more: str = "") -> None:
        """Write a check of the project's own."""
        self.write(f"checks/{name}.sql", f"-- code: {code}\n-- severity: {severity}\n{more}{sql}\n")

    def run(self, *args: str) -> pytest.RunResult:
        """Run pytest in this process, in fixed order and without a cache."""
        return self.pytester.runpytest_inprocess(*ONLY, *args)

    def run_apart(self, *args: str, timeout_s: float = 60) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*args, timeout=timeout_s)

    def report(self, environment: str = "staging") -> dict[str, Any]:
        """Return the JSON report the last run left."""
        text = (self.path / "dbops-reports" / environment / "gate.json").read_text(encoding="utf-8")
        loaded: dict[str, Any] = json.loads(text)
        return loaded

    def outcomes(self, environment: str = "staging") -> dict[str, str]:
        """Return the outcome of each check of the last run, by code."""
        return {result["code"]: result["outcome"] for result in self.report(environment)["results"]}

    def verdict(self, environment: str = "staging") -> tuple[str, str]:
        """Return verdict and scope of the last run."""
        judgement = self.report(environment)["judgement"]
        return judgement["verdict"], judgement["scope"]


@pytest.fixture
def gate_project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> GateProject:
    """A project whose gate passes."""
    for name in ("DBOPS_ENV", "DATABASE_URL", "SHADOW_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", LEAN)
    return GateProject(pytester)
