"""The port to a database on which the steps of maintenance are run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from pytest_dbops.core.errors import TimedOut
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.archive import CopiedRow, Key, OldRows
from pytest_dbops.core.maintenance.step import Step


class InTheWay(TimedOut):
    """Raised when another session holds what a step needs; it may be tried again."""


class OutOfTime(TimedOut):
    """Raised when a step was ended because its time was up; there is no use in trying it again now."""


@frozen
class Patience:
    """How long one step may take.

    lock_s: for a lock. concurrent_s: of a build without blocking, for older transactions to end; nobody queues behind
    that. time_s: in all.
    """

    lock_s: float
    concurrent_s: float
    time_s: float


class Worker(Protocol):
    """One writing connection, in autocommit; lives as long as a run."""

    def is_needed(self, step: Step) -> bool:
        """Tell whether what a step was planned for is still there; asked just before each attempt."""

    def run(self, step: Step, patience: Patience) -> None:
        """Run the statements of a step.

        Raises InTheWay, OutOfTime, Unreachable, and Blocked with what the server says otherwise. Before it raises any
        of them but Unreachable, it has taken away what the step had begun.
        """

    def clear(self, step: Step, patience: Patience) -> tuple[str, ...]:
        """Take away what an earlier run, of which nobody wrote how it ended, has left of a step; returns the names."""

    def read_old(self, old: OldRows, after: Key | None, limit: int) -> list[CopiedRow]:
        """Return at most `limit` old rows in the order of their key, from after a key on; raises what `run` does."""

    def delete_old(self, old: OldRows, copied: Sequence[CopiedRow], patience: Patience) -> int:
        """Delete those of the copied rows that are what they were when they were copied, in one transaction.

        Returns how many; raises what `run` does, and then none is deleted.
        """


class Maintainer(Protocol):
    """What opens a worker on a product."""

    def open_worker(self, url: str, *, timeout_s: float, application: str) -> AbstractContextManager[Worker]:
        """Connect for writing; raises Unreachable, or LoginRefused."""
