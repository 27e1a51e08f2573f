"""A gate whose controller is killed leaves no server and no file behind, within five seconds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_dbops.provisioning.places import default_places
from tests.provisioning.conftest import wait_for

ROOT = Path(__file__).parents[2]
PARTS = ("accounting", "checks", "migrations", "seeds")
SLEEPER = "-- code: ZZZ001\n-- severity: error\nSELECT 1 AS id FROM pg_sleep(25)\n"
GONE_WITHIN_S = 5.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the reference application with a check that takes its time."""
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dbops.toml", tmp_path)
    (tmp_path / "checks" / "sleeper.sql").write_text(SLEEPER, encoding="utf-8")
    return tmp_path


@pytest.mark.fault
@pytest.mark.usefixtures("scratch_postgres")
@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_after_kill_9_of_the_controller_nothing_is_left(project: Path, more: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", "--dbops-env=testing", "-p", "no:cacheprovider", "-k", "sleeper", *more],
        cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as controller:  # fmt: skip
        try:
            wait_for(lambda: bool(built(controller.pid)), patience_s=90)
            folder = built(controller.pid)[0]
            postmaster = next(folder.glob("pg-*/data/postmaster.pid"))
            server = int(postmaster.read_text(encoding="utf-8").splitlines()[0])
        finally:
            controller.send_signal(signal.SIGKILL)
    wait_for(lambda: not (is_alive(server) or run_folders(controller.pid)), patience_s=GONE_WITHIN_S)


def run_folders(owner: int) -> list[Path]:
    return [folder for root in default_places().roots for folder in root.glob(f"run-*_{owner}_*")]


def built(owner: int) -> list[Path]:
    """Return the run's folder once its database is announced there."""
    return [folder for folder in run_folders(owner) if (folder / "embedded-testing.json").exists()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
