"""Remember what was read out of a file, in this process, for as long as the file is what it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

_SETTLED_NS = 2_000_000_000
"""Some file systems tell times to two seconds: what was changed just now may be changed again and look the same."""


@dataclass(slots=True)
class Remembered(Generic[T]):
    """What was made of each file; asking for it again costs one `stat`."""

    _known: dict[Path, tuple[tuple[int, ...], T]] = field(default_factory=dict)

    def get(self, file: Path, make: Callable[[], T]) -> T:
        """Return what `make` makes of a file; what that raises is not remembered."""
        asked_ns, state = time.time_ns(), _state_of(file)
        known = self._known.get(file)
        if known is not None and known[0] == state:
            return known[1]
        made = make()
        if state and asked_ns - max(state[:2]) > _SETTLED_NS:
            self._known[file] = state, made
        return made


def _state_of(file: Path) -> tuple[int, ...]:
    """Return what is another one when a file was written or replaced; nothing where there is none."""
    try:
        stat = file.stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino, stat.st_dev
