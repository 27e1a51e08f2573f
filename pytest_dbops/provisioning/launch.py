"""Start a server under its supervisor and wait until it takes connections."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from pytest_dbops.core.errors import CannotJudge, TimedOut
from pytest_dbops.core.frozen import frozen
from pytest_dbops.provisioning import supervisor
from pytest_dbops.provisioning.accounts import Account, server_environment
from pytest_dbops.provisioning.processes import ProcessIdentity, identify
from pytest_dbops.provisioning.runs import RunFolder

READY_PATIENCE_S = 60.0
POLL_S = 0.002
STATUS_LINE = 7
LOG_TAIL_BYTES = 4096
LINE_PREFIX = re.compile(r"^\S+ \S+ \S+ \[\d+\] ")


@frozen
class Launch:
    """What a supervisor starts and what it removes at the end.

    argv: the server's command, or empty when the server is not a process of ours (a container).
    ending: a command that ends it then, or empty.
    copied: (directory, copy of it, its files, their bytes) that the supervisor makes before it starts the server.
    """

    name: str
    argv: tuple[str, ...]
    ending: tuple[str, ...]
    log: Path
    folders: tuple[Path, ...]
    account: Account | None
    copied: tuple[str, str, int, int] | None = None


class Incomplete(CannotJudge):
    """Raised when the files that a supervisor was to copy are not all there."""


@frozen
class Begun:
    """A supervisor at work, which has not yet said that its server runs."""

    process: subprocess.Popen[bytes]
    launch: Launch

    def started(self) -> Supervised:
        """Wait until the server has been started.

        Raises OSError or Incomplete when its files could not be copied, CannotJudge when it could not be started.
        """
        assert self.process.stdout is not None
        word, *numbers = self.process.stdout.readline().decode().split() or [""]
        if word == "started":
            return Supervised(self.process, int(numbers[0]), self.launch)
        self.abandon()
        if word == "uncopied":
            error = int(numbers[-1])
            raise OSError(error, os.strerror(error)) if error else Incomplete(self.launch.name)
        name = self.launch.name
        raise CannotJudge(f"the supervisor of {name} did not start (interpreter {sys.executable!r})")

    def abandon(self) -> None:
        """End what has begun and wait for its supervisor."""
        Supervised(self.process, 0, self.launch).abandon()


@frozen
class Supervised:
    """A supervisor that has been started and still waits for the word to keep its server."""

    process: subprocess.Popen[bytes]
    server_pid: int
    launch: Launch

    @property
    def identity(self) -> ProcessIdentity:
        """The supervisor itself; raises CannotJudge when it is gone."""
        found = identify(self.process.pid)
        if found is None:
            raise CannotJudge(f"the supervisor of {self.launch.name} ended at once")
        return found

    def keep(self) -> None:
        """Let the server live for as long as the run; to be called when it has been published."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"keep\n")
        self.process.stdin.flush()
        self.process.stdin.close()
        self.process.stdout.close()
        # It outlives this object on purpose; without this, its garbage collection would warn.
        self.process.returncode = 0

    def abandon(self) -> None:
        """End the server and wait for its supervisor."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def start(run: RunFolder, launch: Launch) -> Supervised:
    """Start a supervisor and its server in a session of their own, so that ctrl-C does not reach them."""
    return begin(run, launch).started()


def begin(run: RunFolder, launch: Launch) -> Begun:
    """Start a supervisor as `start` does, and do not wait for what it does."""
    spec = {
        "owner": [run.owner.pid, run.owner.start],
        "pipe": str(run.path / "alive"),
        "argv": launch.argv,
        "environment": server_environment(os.environ),
        "account": [launch.account.uid, launch.account.gid] if launch.account else None,
        "log": str(launch.log),
        "copied": launch.copied,
        "ending": launch.ending,
        "folders": [str(folder) for folder in launch.folders],
        "run": [str(root / run.name) for root in run.places.roots],
    }
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", supervisor.__file__], cwd="/", start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it ended at once, and says nothing when it is asked
        process.stdin.write(json.dumps(spec).encode() + b"\n")
        process.stdin.flush()
    return Begun(process, launch)


def wait_until_ready(supervised: Supervised, data: Path, *, patience_s: float = READY_PATIENCE_S) -> None:
    """Wait until `postmaster.pid` says ready; raises CannotJudge with the log's last words if it ended."""
    assert supervised.process.stdout is not None
    name, log = supervised.launch.name, supervised.launch.log
    deadline = time.monotonic() + patience_s
    while not _is_ready(data / "postmaster.pid", supervised.server_pid):
        if select.select([supervised.process.stdout], [], [], POLL_S)[0]:
            told = supervised.process.stdout.readline().decode().strip() or "its supervisor ended"
            raise CannotJudge(f"{name} {told} before it was ready: {last_words(log)}")
        if time.monotonic() > deadline:
            raise TimedOut(f"{name} was not ready within {patience_s:.0f} s: {last_words(log)}")


def last_words(log: Path) -> str:
    """Return the end of a server's log file as one line."""
    try:
        text = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace")
    except OSError:
        return "it left no log"
    return telling_lines(text) or "its log is empty"


def telling_lines(text: str) -> str:
    """Return the end of a server's log as one line: what was fatal with the two lines before it."""
    lines = [LINE_PREFIX.sub("", line).strip() for line in text.splitlines() if line.strip()]
    fatal = [index for index, line in enumerate(lines) if line.startswith(("FATAL", "PANIC"))]
    end = fatal[-1] + 1 if fatal else len(lines)
    return " | ".join(lines[max(0, end - 3) : end])


def _is_ready(pid_file: Path, server_pid: int) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return False
    if len(lines) <= STATUS_LINE or int(lines[0]) != server_pid:
        return False
    return lines[STATUS_LINE].strip() == "ready"
