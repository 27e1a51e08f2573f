"""Order a database of ours to be migrated and filled, in a process of its own, and say what it was made of."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Thread
from typing import IO, Any

from pytest_dbops.config.logs import logger_of
from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError, PolicyRefused
from pytest_dbops.core.secret import SecretMask

Progress = Callable[[str], None]

SCRATCH_VARIABLE = "SHADOW_DATABASE_URL"
_SHAPING_PACKAGES = ("sqlalchemy", "alembic", "pytest-dbops")
_KINDS: Mapping[str, type[DbopsError]] = {"ConfigError": ConfigError, "PolicyRefused": PolicyRefused}
_LAST_LINES = 3
_GRACE_S = 3.0


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What to put into an empty database; paths are relative to `root`, empty means none.

    variables: names of variables that hold URLs in this project; in the building process they hold ours.
    """

    root: Path
    migrations: str = ""
    baseline: str = ""
    first_revision: str = ""
    metadata: str = ""
    seeders: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """What a build ended with, and what it was made of; all paths are relative to the root.

    files: what was imported; read: the folders of the history, and its ini.
    stamp: the hash of all of it, empty when a file changed while the build ran.
    """

    heads: tuple[str, ...]
    files: tuple[str, ...]
    read: tuple[str, ...]
    libraries: tuple[str, ...]
    stamp: str = ""


def run_build(order: BuildOrder, url: str, *, progress: Progress) -> Built:
    """Migrate and fill the empty database behind the plain `url`; raises the error the building process reports.

    The URL travels on standard input, never in the arguments. Its end, also by our own death, ends the build.
    """
    started_ns = time.time_ns()
    request = {**asdict(order), "root": str(order.root), "url": url, "written": _schemes(order.variables)}
    child = subprocess.Popen(
        # -P: a module of the project must not stand in for one of ours.
        [sys.executable, "-P", "-m", "pytest_dbops.operations.build_child"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=order.root, env=child_environment(order.variables),
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    noise = _drained(child.stderr)
    try:
        _hand_over(child.stdin.fileno(), request)
        last = _last_word(child.stdout, progress)
        _wait_a_little(child)
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    built = _built(last, child.returncode, SecretMask(secrets_of_url(url))(noise()))
    return _stamped(order, built, started_ns)


def stamp_of(order: BuildOrder, built: Built) -> str:
    """Return a hash of everything that shapes the result: migrations, seeders, imported files, libraries."""
    libraries = {*_SHAPING_PACKAGES, *built.libraries}
    settings = [
        order.migrations, order.baseline, order.first_revision, order.metadata, order.seeders,
        sorted(f"{name} {_version(name)}" for name in libraries),
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(settings).encode())
    for name, file in _shaping_files(order, built):
        digest.update(name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b"") + b"\0")
    return digest.hexdigest()


def child_environment(url_variables: Collection[str]) -> dict[str, str]:
    """Return this process's variables for one that runs the project's code: without the URLs of real databases."""
    return {name: value for name, value in os.environ.items() if name not in {*url_variables, SCRATCH_VARIABLE}}


def _schemes(names: Iterable[str]) -> dict[str, str]:
    """Return the scheme of the URL in each variable that is set: how the project likes its URLs written."""
    values = {name: os.environ.get(name, "") for name in (*names, "DATABASE_URL")}
    return {name: value.partition("://")[0] for name, value in values.items() if "://" in value}


def _tell(text: str, progress: Progress) -> None:
    logger_of("seeding" if text.startswith("seeding") else "migrations").info(text)
    progress(text)


def _hand_over(descriptor: int, request: Mapping[str, object]) -> None:
    """Write the request; the pipe stays open, and a child that has ended says why on its other pipes."""
    rest = json.dumps(request).encode() + b"\n"
    with suppress(BrokenPipeError):
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _last_word(stream: Iterable[bytes], progress: Progress) -> Mapping[str, Any]:
    """Pass progress on and return the child's last word; nothing when it ends without one."""
    for line in stream:
        said = _parsed(line)
        if "progress" in said:
            _tell(str(said["progress"]), progress)
        elif "done" in said or "error" in said:
            return said
    return {}


def _parsed(line: bytes) -> Mapping[str, Any]:
    """Return one of the child's objects; what others print before it keeps its output to itself is passed over."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _wait_a_little(child: subprocess.Popen[bytes]) -> None:
    """Let the child end by itself; a thread that the project left running must not keep us."""
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=_GRACE_S)


def _drained(stream: IO[bytes]) -> Callable[[], str]:
    """Read a stream to its end beside us, keeping the last lines, so that the child never blocks on it."""
    kept: deque[str] = deque(maxlen=_LAST_LINES)

    def drain() -> None:
        with stream:
            for line in stream:
                if text := line.decode("utf-8", "replace").strip():
                    kept.append(text)

    thread = Thread(target=drain, daemon=True)
    thread.start()

    def said() -> str:
        thread.join(timeout=_GRACE_S)
        return " ".join(kept)

    return said


def _built(last: Mapping[str, Any], returncode: int, noise: str) -> Built:
    if "error" in last:
        raise _KINDS.get(str(last.get("kind")), CannotJudge)(str(last["error"]))
    done = last.get("done")
    if not isinstance(done, dict):
        raise CannotJudge(f"the process that builds the database ended with {returncode}: {noise or 'no word'}")
    return Built(tuple(done["heads"]), tuple(done["files"]), tuple(done["read"]), tuple(done["libraries"]))


def _stamped(order: BuildOrder, built: Built, started_ns: int) -> Built:
    changed = any(file.is_file() and file.stat().st_mtime_ns > started_ns for _, file in _shaping_files(order, built))
    stamp = "" if changed else stamp_of(order, built)
    return Built(built.heads, built.files, built.read, built.libraries, stamp)


def _shaping_files(order: BuildOrder, built: Built) -> list[tuple[str, Path]]:
    """Return (name relative to the root, path) of every file that a change in must be seen of, in order."""
    names = {*built.files, *((order.baseline,) if order.baseline.endswith(".sql") else ())}
    for place in (order.migrations, order.seeders, *built.read):
        names |= set(_files_in(order.root, place)) if place else set()
    return [(name, order.root / name) for name in sorted(names)]


def _files_in(root: Path, place: str) -> Iterator[str]:
    """Yield a file itself, or all files below a folder: revisions and seeders also read data that lies beside them."""
    start = root / place
    if start.is_file():
        yield place
        return
    for folder, inside, files in os.walk(start):
        inside[:] = [name for name in inside if name != "__pycache__" and not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and not name.endswith((".pyc", "~")):
                yield os.path.relpath(Path(folder, name), root)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
