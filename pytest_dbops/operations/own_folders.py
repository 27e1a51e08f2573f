"""Measure the folders that the tool fills: logs, reports, and what is kept between runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pytest_dbops.config.model import Config
from pytest_dbops.core.own_folders import OwnFolder, OwnFolders

_DAY_S = 86_400


def measure_own_folders(config: Config, now: datetime) -> OwnFolders:
    """Return the size and age of each folder that exists; links are not followed."""
    named = {"logs": config.logging.dir, "reports": config.gate.reports_dir, "what is kept between runs": ".dbops"}
    found = ((what, written, config.path(written)) for what, written in named.items() if written)
    return OwnFolders(tuple(_measured(what, written, place, now) for what, written, place in found if place.is_dir()))


def _measured(what: str, written: str, place: Path, now: datetime) -> OwnFolder:
    size, files, oldest, unread = 0, 0, now.timestamp(), ""

    def note(err: OSError) -> None:
        nonlocal unread
        unread = f"{err.filename}: {err.strerror}"

    for entry in _files_below(place, note):
        size, files, oldest = size + entry.st_size, files + 1, min(oldest, entry.st_mtime)
    return OwnFolder(what, written, size, files, max(0.0, now.timestamp() - oldest) / _DAY_S, unread)


def _files_below(place: Path, note: Callable[[OSError], None]) -> Iterator[os.stat_result]:
    for folder, _, names in os.walk(place, onerror=note):
        for name in names:
            with suppress(FileNotFoundError):  # gone in the meantime
                yield Path(folder, name).lstat()
