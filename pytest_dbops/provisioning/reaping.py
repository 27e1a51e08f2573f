"""End and remove what dead runs left on this machine; never anything of a living run."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_dbops.provisioning.ending import end_run
from pytest_dbops.provisioning.locks import try_lock
from pytest_dbops.provisioning.places import Places
from pytest_dbops.provisioning.processes import ProcessIdentity

RUN_NAME = re.compile(r"run-([0-9a-f]{8}_(\d+)_(\d+))")
DRAFT_PATTERNS = (".new-*", ".gone-*")
DRAFT_AGE_S = 3600.0


def reap(places: Places) -> tuple[str, ...]:
    """End and remove all runs whose owners are dead; return their folders' names."""
    reaped = []
    for name, owner in runs_of(places):
        with _claim(name, owner, places) as is_dead:
            if is_dead:
                end_run(name, places)
                reaped.append(name)
    for root in (*places.roots, places.cache / "clusters"):
        _remove_old_drafts(root)
    return tuple(reaped)


def runs_of(places: Places) -> list[tuple[str, ProcessIdentity]]:
    """Return all runs of this user by folder name, with their owners."""
    names = {path.name for root in places.roots if root.is_dir() for path in root.iterdir()}
    matches = (RUN_NAME.fullmatch(name) for name in sorted(names))
    return [(match[0], ProcessIdentity(int(match[2]), int(match[3]))) for match in matches if match]


@contextmanager
def _claim(name: str, owner: ProcessIdentity, places: Places) -> Iterator[bool]:
    """Yield whether a run is dead and ours to remove; the lock also tells of owners in other pid namespaces."""
    locks = [path for root in places.roots if (path := root / name / "owner.lock").exists()]
    if owner.is_alive:
        yield False
        return
    held = [try_lock(path) for path in locks]
    try:
        yield all(descriptor is not None for descriptor in held)
    finally:
        for descriptor in held:
            if descriptor is not None:
                os.close(descriptor)


def _remove_old_drafts(root: Path) -> None:
    for pattern in DRAFT_PATTERNS:
        for draft in root.glob(pattern):
            try:
                is_old = time.time() - draft.stat().st_mtime > DRAFT_AGE_S
            except OSError:
                continue
            if is_old:
                shutil.rmtree(draft, ignore_errors=True)
