"""Order a database of ours to be migrated and filled, in a process of its own, and say what it was made of."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pytest_dbops.config.logs import logger_of
from pytest_dbops.core.errors import CannotJudge, ConfigError, DbopsError, PolicyRefused

Progress = Callable[[str], None]

_SHAPING_PACKAGES = ("sqlalchemy", "alembic", "pytest-dbops")
_KINDS: Mapping[str, type[DbopsError]] = {"ConfigError": ConfigError, "PolicyRefused": PolicyRefused}
_LAST_LINES = 3


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
    """What a build ended with: the heads, and the project's files it imported, relative to the root."""

    heads: tuple[str, ...]
    files: tuple[str, ...]


def run_build(order: BuildOrder, url: str, *, progress: Progress) -> Built:
    """Migrate and fill the empty database behind `url`; raises the error the building process reports.

    The URL travels on standard input, never in the arguments.
    """
    request = {
        "root": str(order.root), "url": url, "migrations": order.migrations, "baseline": order.baseline,
        "first_revision": order.first_revision, "metadata": order.metadata, "seeders": order.seeders,
        "variables": order.variables,
    }  # fmt: skip
    last: dict[str, object] = {}
    with subprocess.Popen(
        [sys.executable, "-m", "pytest_dbops.operations.build_child"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", errors="replace", cwd=order.root, env=child_environment(order.variables),
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        noise = _drained(child.stderr)
        json.dump(request, child.stdin)
        child.stdin.close()
        for line in child.stdout:
            last = json.loads(line)
            if "progress" in last:
                _tell(str(last["progress"]), progress)
    return _built(last, child.returncode, noise())


def _tell(text: str, progress: Progress) -> None:
    logger_of("seeding" if text.startswith("seeding") else "migrations").info(text)
    progress(text)


def stamp_of(order: BuildOrder, files: Iterable[str]) -> str:
    """Return a hash of everything that shapes the result: migrations, seeders, imported files, libraries."""
    shaped = sorted(
        {*files, *_files_under(order, order.migrations), *_files_under(order, order.seeders), order.baseline}
    )
    digest = hashlib.sha256(
        json.dumps([order.first_revision, order.metadata, [f"{p} {version(p)}" for p in _SHAPING_PACKAGES]]).encode()
    )
    for name in shaped:
        file = order.root / name
        digest.update(name.encode() + b"\0" + (file.read_bytes() if name and file.is_file() else b"") + b"\0")
    return digest.hexdigest()


def _files_under(order: BuildOrder, place: str) -> list[str]:
    folder = order.root / place
    if not place:
        return []
    if folder.is_file():
        return [place, *_files_under(order, str(folder.parent.relative_to(order.root)))]
    return [f.relative_to(order.root).as_posix() for f in folder.rglob("*.py") if f.is_file()]


def child_environment(url_variables: Collection[str]) -> dict[str, str]:
    """Return this process's variables for one that runs the project's code: without the URLs of real databases."""
    kept = {name: value for name, value in os.environ.items() if name not in url_variables}
    kept.pop("SHADOW_DATABASE_URL", None)
    return kept


def _drained(stream: Iterable[str]) -> Callable[[], list[str]]:
    """Read a stream to its end beside us, keeping the last lines, so that the child never blocks on it."""
    from collections import deque
    from threading import Thread

    kept: deque[str] = deque(maxlen=_LAST_LINES)
    thread = Thread(target=lambda: kept.extend(line.strip() for line in stream if line.strip()), daemon=True)
    thread.start()

    def lines() -> list[str]:
        thread.join(timeout=5)
        return list(kept)

    return lines


def _built(last: Mapping[str, object], returncode: int, noise: list[str]) -> Built:
    if "error" in last:
        raise _KINDS.get(str(last.get("kind")), CannotJudge)(str(last["error"]))
    done = last.get("done")
    if not isinstance(done, dict):
        raise CannotJudge(
            f"the process that builds the database ended with {returncode}: {' '.join(noise) or 'no word'}"
        )
    return Built(tuple(done["heads"]), tuple(done["files"]))
