"""Adding a check touches one file of the package: it is collected, listed and judged without another line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pytest_dbops"
NEW = '''"""A check that was just added."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_dbops.core.catalog import Catalog
from pytest_dbops.core.check import check
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity


@check("SCH999", category="schema", severity=Severity.ERROR)
def schema_without_tables(catalog: Catalog) -> Iterator[Finding]:
    """A schema holds no table.

    Nothing can be kept in it. Create one.
    """
    if not catalog.tables:
        yield Finding("schema", "holds no table")
'''
CONFIG = '[env.staging]\nurl = "sqlite:///empty.sqlite3"\nrequire = []\n'


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of the package to which one file was added, and a project with an empty database."""
    shutil.copytree(PACKAGE, tmp_path / "pytest_dbops", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pytest_dbops/checks/schema/schema_without_tables.py").write_text(NEW, encoding="utf-8")
    (tmp_path / "dbops.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "empty.sqlite3").touch(mode=0o600)
    return tmp_path


def test_check_in_a_file_of_its_own_is_listed(copy: Path) -> None:
    done = _python(copy, "-c", "import sys; from pytest_dbops.cli import main; sys.exit(main(['checks', 'list']))")
    assert (done.returncode, done.stderr) == (0, "")
    assert "SCH999" in done.stdout


def test_check_in_a_file_of_its_own_is_judged_by_the_gate(copy: Path) -> None:
    words = ("-p", "no:randomly", "-p", "no:cacheprovider", "--dbops-env=staging")
    done = _python(copy, "-m", "pytest", *words, "dbops.toml::schema::schema_without_tables")
    assert done.returncode == 1, done.stdout
    assert "SCH999 error: A schema holds no table" in done.stdout


def _python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
