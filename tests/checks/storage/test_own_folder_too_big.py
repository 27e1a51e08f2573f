"""STO009."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_dbops.checks.storage.own_folder_too_big import own_folder_too_big
from pytest_dbops.config.load import load_config
from pytest_dbops.core.errors import CannotJudge
from pytest_dbops.core.finding import Finding
from pytest_dbops.core.severity import Severity
from pytest_dbops.operations.own_folders import measure_own_folders
from tests.checks.connectivity.asking import ask, facts

GB = 1 << 30
NOW = datetime.now(UTC)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a folder of logs and one of reports, small and new."""
    (tmp_path / "dbops.toml").write_text('[logging]\ndir = "logs"\n', encoding="utf-8")
    for name in ("logs/database.log", "dbops-reports/staging/gate.json", ".dbops/history/staging.json"):
        _file(tmp_path / name, 1000)
    return tmp_path


def _file(file: Path, size: int, *, days: float = 0) -> None:
    """Make a file of this size, without a byte on the disk, and of this age."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.truncate(file, size)
    os.utime(file, (then := NOW.timestamp() - days * 86_400, then))


def _asked(project: Path) -> list[Finding]:
    config = load_config(project / "dbops.toml", variables={})
    return ask(own_folder_too_big, own_folders=measure_own_folders(config, NOW))


def test_small_new_folders_are_fine_and_so_are_missing_ones(project: Path) -> None:
    assert _asked(project) == []
    (project / "logs").rename(project / "elsewhere")
    assert _asked(project) == []


def test_folders_that_have_grown_are_found(project: Path) -> None:
    _file(project / "logs" / "older" / "performance.log", 6 * GB)
    _file(project / "dbops-reports" / "staging" / "gate.html", GB)
    findings = _asked(project)
    assert facts(findings, own_folder_too_big) == [("logs", Severity.ERROR), ("dbops-reports", Severity.WARNING)]
    assert "'logs' (logs) holds 6 GB in 2 files; 5 GB is the limit" in findings[0].message


def test_what_lies_behind_a_link_is_not_counted(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    _file(outside / "big.log", 6 * GB)
    (project / "logs" / "linked").symlink_to(outside)
    (project / "logs" / "big.log").symlink_to(outside / "big.log")
    assert _asked(project) == []


def test_folder_nobody_cleans_is_a_warning(project: Path) -> None:
    _file(project / "dbops-reports" / "staging" / "gate.txt", 10, days=401)
    assert facts(_asked(project), own_folder_too_big) == [("dbops-reports", Severity.WARNING)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_folder_that_cannot_be_read_gives_no_answer(project: Path) -> None:
    (project / "logs").chmod(0o000)
    try:
        with pytest.raises(CannotJudge, match="logs"):
            _asked(project)
    finally:
        (project / "logs").chmod(0o700)
