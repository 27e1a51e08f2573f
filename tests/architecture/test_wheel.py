"""What is published: the package, whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    pytest.importorskip("build", reason="the package build is not installed")
    pytest.importorskip("hatchling", reason="the package hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_wheel_holds_the_package_and_nothing_else(published: Path) -> None:
    with zipfile.ZipFile(next(published.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    shipped = {name for name in names if not name.partition("/")[0].endswith(".dist-info")}
    tracked = subprocess.run(["git", "ls-files", "pytest_dbops"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.partition("/")[0] for name in shipped} == {"pytest_dbops"}
    assert set(tracked.stdout.split()) <= shipped
    assert {"pytest_dbops/py.typed", "pytest_dbops/reports/schema/report-1.json"} <= shipped


def test_wheel_names_its_entry_points(published: Path) -> None:
    with zipfile.ZipFile(next(published.glob("*.whl"))) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
        text = wheel.read(name).decode()
    assert "[pytest11]\ndbops = pytest_dbops.plugin\n" in text
    assert "[console_scripts]\ndbops = pytest_dbops.cli:main\n" in text


def test_source_distribution_builds_without_the_repository(published: Path) -> None:
    with tarfile.open(next(published.glob("*.tar.gz"))) as source:
        tops = {name.split("/")[1] for name in source.getnames() if "/" in name}
    assert {"pytest_dbops", "pyproject.toml", "README.md", "LICENSE"} <= tops
    assert not {"tests", "accounting", "benchmarks", "migrations", "checks"} & tops
