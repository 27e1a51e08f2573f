"""What server binaries have said of their version, remembered until the file is another one.

To ask costs a process, each time a session begins.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

FILE = "versions.json"


def remembered_version(binary: Path, cache: Path) -> str:
    """Return what was noted of a binary that has its path, size and time of change; empty when nothing was."""
    try:
        *known, version = _noted(cache)[str(binary)]
        return str(version) if known == _identity(binary) else ""
    except (OSError, KeyError, TypeError, ValueError):
        return ""


def remember_version(binary: Path, version: str, cache: Path) -> None:
    """Note a version; where nothing can be written, it is asked for again the next time."""
    with suppress(OSError):
        noted = {**_noted(cache), str(binary): [*_identity(binary), version]}
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=".new-", dir=cache)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(noted, file)
        Path(draft).rename(cache / FILE)


def _identity(binary: Path) -> list[object]:
    found = binary.stat()
    return [found.st_size, found.st_mtime_ns]


def _noted(cache: Path) -> dict[str, list[object]]:
    try:
        noted = json.loads((cache / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}
