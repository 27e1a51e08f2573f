"""What was read out of a project's Python files, by their content: a file is parsed once, whichever run asks first.

A reading depends on nothing but the bytes of one file and the interpreter that parses them, so it stays right when a
folder is checked out anew, and can be kept between runs.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pytest_dbops.core.codec import from_json, to_compact_json
from pytest_dbops.core.durable import write_durably
from pytest_dbops.core.finding import JsonValue

T = TypeVar("T")

_MOST = 20_000


@dataclass(slots=True)
class Readings:
    """Readings of one process, and those that a file has of earlier ones.

    Not kept is what raises, and what depends on more than one file: whoever asks for that does not ask here.
    """

    _kept: dict[str, JsonValue] = field(default_factory=dict)
    _made: dict[str, object] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def get(self, content: bytes, kind: type[T], make: Callable[[], T]) -> T:
        """Return what `make` makes of a file's content, a frozen dataclass of that kind."""
        name = f"{kind.__name__} {hashlib.sha256(content).hexdigest()}"
        self._used.add(name)
        known = self._made.get(name)
        if isinstance(known, kind):
            return known
        made = self._restored(name, kind) or make()
        self._made[name] = made
        return made

    def _restored(self, name: str, kind: type[T]) -> T | None:
        try:
            return from_json(kind, self._kept[name])
        except (KeyError, ValueError, TypeError, AttributeError):
            return None

    def load(self, file: Path, stamp: str) -> None:
        """Add what a file keeps; nothing, where it is not there or is another version's.

        stamp: tells one state of this package from another; that of the interpreter is added.
        """
        try:
            read = json.loads(file.read_bytes())
            if read["stamp"] == _whole(stamp):
                self._kept.update(read["readings"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return

    def keep(self, file: Path, stamp: str) -> None:
        """Write all there is, where something is new; raises OSError.

        What was used last is what stays when there is too much.
        """
        if not self._made.keys() - self._kept.keys():
            return
        fresh = {name: to_compact_json(made) for name, made in self._made.items() if name not in self._kept}
        every = {name: each for name, each in self._kept.items() if name not in self._used}
        every |= {name: each for name, each in self._kept.items() if name in self._used} | fresh
        text = {"stamp": _whole(stamp), "readings": dict(list(every.items())[-_MOST:])}
        file.parent.mkdir(parents=True, exist_ok=True)
        write_durably(file, json.dumps(text).encode())
        self._kept.update(fresh)


READINGS = Readings()
"""Those of this process."""


def _whole(stamp: str) -> str:
    return f"{stamp} {sys.implementation.name} {sys.version}"
