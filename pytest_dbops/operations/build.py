"""Order a database of ours to be migrated and filled, in a process of its own, and say what it was made of."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_dbops.config.secrets import secrets_of_url
from pytest_dbops.core.audit.rules import AuditRules
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.scratch import Progress
from pytest_dbops.core.secret import SecretMask
from pytest_dbops.core.seed_request import SeedRequest
from pytest_dbops.operations.imported import versions_of

if TYPE_CHECKING:
    from pytest_dbops.operations.child import Ended

__all__ = ["BuildOrder", "Built", "Progress", "run_build", "stamp_of"]


@frozen
class BuildOrder:
    """What to put into an empty database; paths are relative to `root`, empty means none.

    seeding: how much the seeders are asked for.
    variables: names of variables that hold URLs in this project; in the building process they hold ours.
    creates_tables: whether the tables of `metadata` are created where there is neither a history nor a baseline.
    audit: the rules of the trail that is there before the first row, None for none; month: in which its partitions
    begin. environment: the one whose keys the project's code finds, empty for the one of the process. keys: their ids,
    since what is encrypted under one key is nothing under another.
    """

    root: Path
    migrations: str = ""
    baseline: str = ""
    first_revision: str = ""
    metadata: str = ""
    seeders: str = ""
    variables: tuple[str, ...] = ()
    seeding: SeedRequest = field(default_factory=SeedRequest)
    creates_tables: bool = False
    audit: AuditRules | None = None
    month: str = ""
    environment: str = ""
    keys: tuple[str, ...] = ()


@frozen
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
    # Most sessions find what an earlier one has built: they are not to wait for what builds.
    from pytest_dbops.operations.child import hearing, run_child, schemes_of

    started_ns = time.time_ns()
    request = {**asdict(order), "root": str(order.root), "url": url, "written": schemes_of(order.variables)}
    module = "pytest_dbops.operations.build_child"
    ended = run_child(module, request, cwd=order.root, without=order.variables, hear=hearing(progress))
    built = _built(ended, SecretMask(secrets_of_url(url)))
    return _stamped(order, built, started_ns)


def stamp_of(order: BuildOrder, built: Built) -> str:
    """Return a hash of everything that shapes the result: migrations, seeders, imported files, libraries."""
    settings = [
        order.migrations, order.baseline, order.first_revision, order.metadata, order.seeders, order.creates_tables,
        asdict(order.seeding), order.environment, order.keys,
        asdict(order.audit) if order.audit else None, order.month,
        versions_of(("pytest-dbops", *built.libraries)),
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(settings).encode())
    for name, file in _shaping_files(order, built):
        digest.update(name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b"") + b"\0")
    return digest.hexdigest()


def _built(ended: Ended, mask: SecretMask) -> Built:
    done = ended.done(mask, "the process that builds the database")
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
