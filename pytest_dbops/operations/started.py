"""Start a process of ours: by a fork of one that has imported what it needs already, or as a new interpreter.

A new interpreter imports for about a second before it does anything, and a gate needs several processes. So the first
one that is started asks for a server (see `fork_server`), and all of this process that follow are forks of it.
Linux only: elsewhere libraries of the system do not bear a fork.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, Protocol

from pytest_dbops.operations.fork_server import KILL, read_number, send_order

_SERVER = "pytest_dbops.operations.fork_server"
_NO_FORKS = "DBOPS_NO_FORKS"
_AT_START = ("PYTHON", "LD_", "LC_", "LANG", "MALLOC_", "PSYCOPG", "DISABLE_SQLALCHEMY", "OPENSSL")
"""How variables begin that are read once, when an interpreter or a library starts."""

_MEASURES = ("COV_", "COVERAGE_")
"""How variables begin by which whatever measures coverage wants to be in a process from its start."""

_GRACE_S = 5.0


class Started(Protocol):
    """A process with its streams, as `subprocess.Popen` has them."""

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None
    returncode: int

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code; raises TimeoutExpired where it has not ended by then."""

    def kill(self) -> None:
        """End it at once."""


def start(module: str, *, cwd: Path, environment: Mapping[str, str], imports: Sequence[str] = ()) -> Started:
    """Start a module of ours whose `main()` returns an exit code, with pipes as its standard streams.

    imports: modules that it is going to need, none of them the project's.
    """
    if _may_fork(environment):
        with suppress(OSError):  # no server, no descriptors, no memory: then as a new interpreter
            return _SERVERS.start(module, cwd=cwd, environment=environment, imports=imports)
    return subprocess.Popen(
        # -P: a module of the project must not stand in for one of ours.
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, env=dict(environment),
    )  # fmt: skip


def expect(environment: Mapping[str, str], imports: Sequence[str]) -> None:
    """Let what the next processes need be imported beside, while this one does something else; returns at once."""
    if _may_fork(environment):
        with suppress(OSError):  # then whoever starts a process finds out
            _SERVERS.expect(environment, imports)


def _may_fork(environment: Mapping[str, str]) -> bool:
    return (
        sys.platform == "linux"
        and _NO_FORKS not in environment
        and not any(name.startswith(_MEASURES) for name in environment)
    )


@dataclass(slots=True)
class _Fork:
    """A process that a server has forked for us."""

    pid: int
    control: socket.socket
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None
    returncode: int = 0
    _is_ended: bool = False

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code; -9 where the server cannot tell any more."""
        if not self._is_ended:
            self.control.settimeout(timeout)
            try:
                code = read_number(self.control)
            except TimeoutError:
                raise subprocess.TimeoutExpired(_SERVER, timeout or 0.0) from None
            self.control.close()
            self.returncode, self._is_ended = -9 if code is None else code, True
        return self.returncode

    def kill(self) -> None:
        """Have it ended at once; the server alone knows whether its id is still its own."""
        if not self._is_ended:
            with suppress(OSError):
                self.control.send(KILL)


@dataclass(slots=True)
class _Server:
    """A server of this process."""

    process: subprocess.Popen[bytes]
    orders: socket.socket
    has_forked: bool = False

    @classmethod
    def start(cls, environment: Mapping[str, str]) -> _Server:
        """Start one; it begins to import at once."""
        ours, its = socket.socketpair()
        with its:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", _SERVER, str(its.fileno())],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=[its.fileno()], env=dict(environment), cwd="/",
            )  # fmt: skip
        return cls(process, ours)

    def close(self) -> None:
        """Let it end, and wait until it has: its time is then this process's children's time."""
        self.orders.close()
        if not self.has_forked:
            self.process.kill()  # it may still be importing what nobody needed
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_S)

    def fork(self, order: object) -> _Fork:
        """Return a new process; raises OSError where the server is gone."""
        control, its = socket.socketpair()
        pipes = [os.pipe() for _ in range(3)]
        (stdin, to_it), (from_it, stdout), (noise, stderr) = pipes
        theirs = [stdin, stdout, stderr]
        try:
            with its:
                send_order(self.orders, order, [*theirs, its.fileno()])
            self.has_forked = True
            pid = read_number(control)
            if pid is None:
                raise BrokenPipeError(_SERVER)
        except OSError:
            control.close()
            for one in (to_it, from_it, noise):
                os.close(one)
            raise
        finally:
            for one in theirs:
                os.close(one)
        return _Fork(
            pid, control, os.fdopen(to_it, "wb", buffering=0), os.fdopen(from_it, "rb"), os.fdopen(noise, "rb")
        )


@dataclass(slots=True)
class _Servers:
    """The server of this process; another one where what is read at a start has changed, or we are a fork ourselves."""

    server: _Server | None = None
    owner: int = 0
    read_at_start: Mapping[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def start(self, module: str, *, cwd: Path, environment: Mapping[str, str], imports: Sequence[str]) -> _Fork:
        """Return a fork of the server, which is started if there is none."""
        order = {"module": module, "cwd": str(cwd), "environment": dict(environment), "imports": list(imports)}
        with self.lock:
            with suppress(OSError):  # it had nothing to do for a while, and has ended
                return self._for(environment).fork(order)
            self.close()
            return self._for(environment).fork(order)

    def expect(self, environment: Mapping[str, str], imports: Sequence[str]) -> None:
        """Start the server if there is none, and let it import."""
        with self.lock:
            send_order(self._for(environment).orders, {"imports": list(imports)}, [])

    def _for(self, environment: Mapping[str, str]) -> _Server:
        """Return the server of processes with these variables."""
        wanted = {name: value for name, value in environment.items() if name.startswith(_AT_START)}
        if self.server is not None and (self.owner != os.getpid() or self.read_at_start != wanted):
            self.close()
        if self.server is None:
            self.server, self.owner, self.read_at_start = _Server.start(environment), os.getpid(), wanted
        return self.server

    def close(self) -> None:
        """End the server, if it is ours."""
        server, self.server = self.server, None
        if server is not None and self.owner == os.getpid():
            server.close()
        elif server is not None:
            server.orders.close()


_SERVERS = _Servers()
atexit.register(_SERVERS.close)
