"""The two sides of the benchmarks of migrations, each in a process of its own, on databases made for it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.histories import write_history
from benchmarks.measure import CommandFailed, Sample, command_environment
from benchmarks.peer import peer_python
from pytest_dbops.core.scratch import ScratchServer
from pytest_dbops.core.server_request import ServerRequest
from pytest_dbops.provisioning import scratch_server
from pytest_dbops.provisioning.places import default_places

_ROOT = Path(__file__).resolve().parent.parent
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where both sides find what they need: a folder in memory, and a PostgreSQL server of our own."""

    folder: Path
    server: ScratchServer
    server_pid: int

    def history(self, length: int) -> Path:
        """Return a history of that length, written once."""
        made = self.folder / f"history{length}" / "migrations"
        return made if made.exists() else write_history(made, length)

    @contextmanager
    def database(self, product: str) -> Iterator[str]:
        """Make an empty database and yield its plain URL; drop it afterwards."""
        name = f"bench_{next(_numbers)}"
        if product == "sqlite":
            file = self.folder / f"{name}.sqlite3"
            file.touch()
            yield f"sqlite:///{file}"
            file.unlink(missing_ok=True)
            return
        import psycopg

        with closing(psycopg.connect(self.server.admin_url, autocommit=True)) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            yield self.server.url(name)
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def peer(self, product: str, length: int, *tests: str) -> Sample:
        """Run tests of pytest-alembic on an empty database; SQLite's is in memory, as the peer has it by itself."""
        if product == "sqlite":
            return _run(
                [
                    str(peer_python()),
                    "-m",
                    "benchmarks.peer_side",
                    str(self.history(length)),
                    "sqlite://",
                    ",".join(tests),
                ]
            )
        samples = []
        for test in tests:
            with self.database(product) as url:
                driver = url.replace("postgresql:", "postgresql+psycopg:", 1)
                command = [str(peer_python()), "-m", "benchmarks.peer_side", str(self.history(length)), driver, test]
                samples.append(_run([*command, str(self.server_pid)]))
        return Sample(
            sum(s.cpu_s for s in samples), sum(s.wall_s for s in samples), sum(s.server_cpu_s for s in samples)
        )

    def ours(self, product: str, length: int, how: str) -> Sample:
        """Walk a history on an empty database, in a file in memory or on the server."""
        with self.database(product) as url:
            command = [sys.executable, "-m", "benchmarks.our_side", str(self.history(length)), url, how]
            return _run([*command, *([str(self.server_pid)] if product == "postgresql" else [])])

    def alembic_alone(self, product: str, length: int) -> Sample:
        """Let alembic run the steps of a walk over an empty database, and nothing else (see `floor_side`)."""
        with self.database(product) as url:
            driver = url.replace("postgresql:", "postgresql+psycopg:", 1)
            command = [sys.executable, "-m", "benchmarks.floor_side", str(self.history(length)), driver]
            return _run([*command, *([str(self.server_pid)] if product == "postgresql" else [])])


@contextmanager
def made_place() -> Iterator[Place]:
    """Make the folder, on a memory file system where there is one, and start the server."""
    memory = default_places().memory
    parent = str(memory.parent) if memory else None
    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as name, scratch_server(ServerRequest()) as server:
        yield Place(Path(name), server, _pid_of(server))


def _pid_of(server: ScratchServer) -> int:
    import psycopg

    with closing(psycopg.connect(server.admin_url)) as connection:
        (text,) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or ("",)
    return int(text.splitlines()[0])


def _run(command: list[str]) -> Sample:
    """Run a side and return what it says it took."""
    done = subprocess.run(
        command, cwd=_ROOT, env={**command_environment(), "PYTHONPATH": str(_ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise CommandFailed(f"{' '.join(command[:4])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return Sample(*json.loads(done.stdout.splitlines()[-1]))
