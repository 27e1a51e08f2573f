"""Keep what was read out of a project's files in `.dbops/`; losing it costs time and nothing else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pytest_dbops import __version__
from pytest_dbops.config.logs import logger_of
from pytest_dbops.migrating.readings import READINGS


@cache
def load_readings(root: Path) -> None:
    """Add what earlier runs have read of the project in `root` to what this process knows; once a process."""
    file = _file(root)
    if file.exists():
        READINGS.load(file, own_stamp())


def keep_readings(root: Path) -> None:
    """Write what this process has read and is not kept yet; a folder that cannot be written is noted in the log."""
    try:
        READINGS.keep(_file(root), own_stamp())
    except OSError as err:
        logger_of("migrations").info("what was read of the revisions is not kept: %s: %s", _file(root), err.strerror)


@cache
def own_stamp() -> str:
    """Return what tells one state of this package from another, its version included."""
    changes = sorted(_changes(str(Path(__file__).parents[2])))
    return hashlib.sha256(f"{__version__} {changes}".encode()).hexdigest()


def _changes(folder: str, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Yield the name of each Python file below a folder, and when it was changed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                yield prefix + entry.name, entry.stat().st_mtime_ns
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _changes(entry.path, f"{prefix}{entry.name}/")


def _file(root: Path) -> Path:
    return root / ".dbops" / "walks" / "readings.json"
