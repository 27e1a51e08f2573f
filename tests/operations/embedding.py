"""A project whose development and testing databases the tool makes itself, and revisions that wait to be killed."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pytest_dbops.config.load import load_config
from pytest_dbops.config.model import Config
from pytest_dbops.config.resolve import embedded_path, find_environment
from pytest_dbops.operations.embedded import embedded_url
from pytest_dbops.operations.gate import Gate, GateRequest, prepare_gate
from pytest_dbops.operations.runs import Run
from tests.operations.conftest import History

CONFIG = '[project]\nmigrations = "migrations"\n'
WAITS = """
from pathlib import Path
if Path("hold").exists():
    import os
    Path("pid").write_text(str(os.getpid()))
    open("held", "w").close()
    open("hold").read()
"""
LOGS = "open('runs.log', 'a').write('x')"
_OURS = ("DATABASE_URL", "SHADOW_DATABASE_URL", "DBOPS_ENV", "PYTEST_ADDOPTS")


@dataclass(slots=True)
class Shop:
    """A project of one revision without any configuration but where its migrations are."""

    history: History
    variables: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The project's folder."""
        return self.history.path

    @property
    def file(self) -> Path:
        """The embedded SQLite database."""
        return embedded_path(self.config, find_environment(self.config, "development"))

    @property
    def config(self) -> Config:
        """Its configuration, loaded anew."""
        return load_config(self.path / "dbops.toml", variables=self.variables)

    def url(self, environment: str = "development", run: Run | None = None) -> str:
        """Return the URL of an embedded database, built if need be."""
        config, self.told = self.config, []
        return embedded_url(
            config, find_environment(config, environment), run or Run(None), progress=self.told.append
        )  # fmt: skip

    def gate(self, environment: str) -> Gate:
        """Return a gate on an environment."""
        request = GateRequest(self.path / "dbops.toml", environment, self.variables, datetime(2026, 1, 5, tzinfo=UTC))
        return prepare_gate(request, progress=self.told.append)

    def state(self) -> tuple[int, int]:
        """Return what a rebuilt file would not share with the old one."""
        found = self.file.stat()
        return found.st_ino, found.st_mtime_ns

    def built_runs(self) -> int:
        """Return how often the revision ran that keeps count."""
        log = self.path / "runs.log"
        return len(log.read_text()) if log.exists() else 0

    def start(self, *args: str, variables: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start `dbops` in a process of its own."""
        environ = {name: value for name, value in os.environ.items() if name not in _OURS} | dict(variables or {})
        return subprocess.Popen(
            [sys.executable, "-m", "pytest_dbops", *args], cwd=self.path, env=environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def hold(self) -> None:
        """Let the revision that waits wait, from its next run on."""
        for name in ("hold", "held"):
            os.mkfifo(self.path / name)

    def held_pid(self) -> int:
        """Wait until the revision waits, and return the process it waits in."""
        (self.path / "held").open().close()
        return int((self.path / "pid").read_text())

    def let_go(self) -> None:
        """Let the revision run through from now on."""
        for name in ("hold", "held"):
            (self.path / name).unlink()


def kill(pid: int) -> None:
    """Kill a process by its number."""
    os.kill(pid, signal.SIGKILL)


def is_gone(pid: int, *, patience_s: float = 10) -> bool:
    """Wait for the end of a process that need not be a child; tell whether it ended in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with closing(os.fdopen(handle)):
        return bool(select.select([handle], [], [], patience_s)[0])
