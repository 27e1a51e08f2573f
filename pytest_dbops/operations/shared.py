"""Things that are made once a run, also when several processes need them.

The first process that needs a piece makes it under a file lock and publishes it as JSON in the run's folder;
the others read it. The lock is the kernel's (flock), so a maker that dies leaves it to the next one, and a
piece appears whole or not at all. Nothing secret is published: no URL, no password.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.durable import write_durably

T = TypeVar("T")


class SharedPieces:
    """The pieces of one run, in a folder that all its processes see; without a folder, of this process."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._mine: dict[str, object] = {}

    def get(self, name: str, kind: type[T], make: Callable[[], T]) -> T:
        """Return the piece called `name`, made by `make` if no process of the run has made it yet.

        What `make` raises goes to its caller and is not published: the next process tries again.
        """
        if name not in self._mine:
            self._mine[name] = make() if self._folder is None else self._fetch(self._folder, name, kind, make)
        piece = self._mine[name]
        assert isinstance(piece, kind)
        return piece

    def published(self, name: str, kind: type[T]) -> T | None:
        """Return the piece called `name` if a process of the run has made it, else None."""
        if name in self._mine:
            piece = self._mine[name]
            return piece if isinstance(piece, kind) else None
        if self._folder is None:
            return None
        try:
            return from_json(kind, json.loads((self._folder / f"{name}.json").read_bytes()))
        except (OSError, ValueError):  # nobody has needed it
            return None

    def _fetch(self, folder: Path, name: str, kind: type[T], make: Callable[[], T]) -> T:
        published = folder / f"{name}.json"
        with locked(folder / f"{name}.lock"):
            try:
                return from_json(kind, json.loads(published.read_bytes()))
            except (FileNotFoundError, ValueError):  # not made yet, or not by us: it is made anew
                piece = make()
            write_durably(published, json.dumps(to_compact_json(piece)).encode())
            return piece


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, waiting for it; the kernel frees it if this process dies."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
