"""A project with a history as both sides are used on it: whole pytest sessions, start-up included."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.histories import revision_id, write_history, write_models
from benchmarks.installed import made_environment
from benchmarks.measure import Sample, timed_command
from benchmarks.peer import peer_python

_CONFTEST = """
import pytest
from sqlalchemy import create_engine, pool


@pytest.fixture
def alembic_config():
    return {"script_location": "migrations"}


@pytest.fixture
def alembic_engine():
    return create_engine(%s)
"""
_DEPLOY = """
import sys

from alembic import command
from alembic.config import Config

config = Config()
config.set_main_option("script_location", "migrations")
config.set_main_option("sqlalchemy.url", sys.argv[1].replace("%", "%%"))
command.upgrade(config, "heads")
"""
_CONFIG = """
[project]
migrations = "migrations"
metadata = "models:metadata"

[env.testing]
kind = "testing"
url = "%s"
"""
_FLOOR = """
import alembic.autogenerate
import pytest
import sqlalchemy
from benchmarks.floor_side import step_through


@pytest.mark.parametrize("number", range(%d))
def test_nothing(number):
    pass


def test_steps(folder=%r, url=%r):
    if url:
        step_through(folder, url)
"""
PEER_TESTS = "single_head_revision, upgrade, model_definitions_match_ddl, up_down_consistency"


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a history of `length` revisions, some of which may be laid aside.

    python: of an environment that holds pytest and this package with what it requires, and no other plugin.
    """

    folder: Path
    length: int
    python: Path

    def show(self, count: int) -> None:
        """Make it the project as it was with so many revisions."""
        write_models(self.folder / "models.py", count)
        for number in range(1, self.length + 1):
            name = f"{revision_id(number)}_step.py"
            there, aside = self.folder / "migrations" / "versions" / name, self.folder / "aside" / name
            if number <= count and aside.exists():
                aside.rename(there)
            elif number > count and there.exists():
                there.rename(aside)

    def deploy(self, url: str) -> None:
        """Bring a database to the newest revision shown, as alembic does."""
        command = [str(self.python), "-c", _DEPLOY, _driver(url)]
        timed_command(command, cwd=self.folder, env={"PYTHONPATH": "."})

    def peer(self, url: str, *, server_pid: int | None = None) -> Sample:
        """Run pytest-alembic's four default tests."""
        engine = '"sqlite://", poolclass=pool.StaticPool' if url.startswith("sqlite") else repr(_driver(url))
        (self.folder / "tests" / "conftest.py").write_text(_CONFTEST % engine)
        command = [str(peer_python()), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--test-alembic", "tests"]
        return timed_command(command, cwd=self.folder, env={"PYTHONPATH": "."}, server_pid=server_pid)

    def ours(
        self, url: str, checks: Sequence[str], *, options: Sequence[str] = (), shadow: str = "",
        server_pid: int | None = None,
    ) -> Sample:  # fmt: skip
        """Run the checks of these names, or all of migrations; shadow: where to rehearse, else a server of our own."""
        (self.folder / "dbops.toml").write_text(_CONFIG % url)
        ids = [f"dbops.toml::migrations::{check}" for check in checks] or ["dbops.toml::migrations"]
        command = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        return timed_command(
            [*command, "--dbops-env=testing", *options, *ids], cwd=self.folder,
            env={"PYTHONPATH": ".", **({"SHADOW_DATABASE_URL": shadow} if shadow else {})},
            server_pid=server_pid,
        )  # fmt: skip

    def floor(self, items: int, *, url: str = "", server_pid: int | None = None) -> Sample:
        """Run what no session can do without: pytest, the libraries, `items` tests that do nothing.

        url: where alembic, alone, runs every revision shown up, down and up again in one more; none: it does not.
        """
        folder = self.folder / "floor"
        folder.mkdir(exist_ok=True)
        (folder / "test_floor.py").write_text(_FLOOR % (items, str(self.folder / "migrations"), _driver(url)))
        command = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:dbops", "floor"]
        paths = f".:{Path(__file__).resolve().parents[1]}"
        return timed_command(command, cwd=self.folder, env={"PYTHONPATH": paths}, server_pid=server_pid)

    def empty(self) -> Sample:
        """Run pytest where there is no test, and no plugin of ours."""
        command = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:dbops", "aside"]
        return timed_command(command, cwd=self.folder, env={"PYTHONPATH": "."}, expect=(5,))


def made_project(folder: Path, length: int) -> Project:
    """Write a project, with all its revisions shown."""
    shutil.rmtree(folder, ignore_errors=True)
    write_history(folder / "migrations", length)
    (folder / "aside").mkdir()
    (folder / "tests").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    python = made_environment(folder.with_name(f"{folder.name}-env"), "pytest", "pytest-dbops", "psycopg-binary")
    return Project(folder, length, python)


def _driver(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:", 1)
