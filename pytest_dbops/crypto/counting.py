"""How often each data key has sealed, against the limit for random nonces.

Counts are reserved in blocks before they are used: a process that dies has reserved too much, never too little. A
block grows with use, so that a short process takes little and a long one asks seldom.
"""

from __future__ import annotations

import os
import weakref
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from pytest_dbops.core.errors import FieldError
from pytest_dbops.core.key_use import MOST_SEALED

FIRST_BLOCK = 2**8
LARGEST_BLOCK = 2**20


class Ledger(Protocol):
    """Where counts outlive a process, shared by all that seal with the same keys."""

    def reserve(self, key: str, count: int) -> int:
        """Add `count` to what is reserved for a data key and return the new sum; durable when it returns.

        Called once a block, from any thread, outside of the caller's transaction; not repeated after an error.
        """


@dataclass(slots=True)
class _Block:
    left: int = 0
    size: int = FIRST_BLOCK
    total: int = 0


class Counts:
    """The blocks of this process; a fork reserves its own."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger = ledger
        self._blocks: dict[str, _Block] = {}
        self._lock = Lock()
        _ALL.add(self)

    def spend(self, key: str, count: int) -> None:
        """Take `count` encryptions of a data key; raises FieldError when its limit is reached, before any is made."""
        with self._lock:
            block = self._blocks.setdefault(key, _Block())
            if block.left < count:
                self._reserve(key, block, count)
            block.left -= count

    def reserved(self, key: str) -> int:
        """Return what is known to be reserved for a data key, by all processes as of this one's last block."""
        return self._blocks[key].total if key in self._blocks else 0

    def forget(self) -> None:
        """Give up what is left of all blocks: they belong to the process that reserved them."""
        self._lock = Lock()
        self._blocks = {}

    def _reserve(self, key: str, block: _Block, count: int) -> None:
        wanted = max(block.size, count - block.left)
        total = self.ledger.reserve(key, wanted) if self.ledger else block.total + wanted
        if total > MOST_SEALED:
            raise FieldError(
                f"data key {key} has sealed {total - wanted} fields or more; {MOST_SEALED} are the limit of one key"
                " (rotate: make a new key active)"
            )
        block.left, block.total, block.size = block.left + wanted, total, min(block.size * 2, LARGEST_BLOCK)


_ALL: weakref.WeakSet[Counts] = weakref.WeakSet()


def _forget_all() -> None:
    for counts in list(_ALL):
        counts.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
