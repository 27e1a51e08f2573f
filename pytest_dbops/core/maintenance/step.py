"""One step of maintenance, exact to the letter, with what it costs and how it is taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from pytest_dbops.core.finding import Code, Finding
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.archive import OldRows
from pytest_dbops.core.maintenance.estimate import Rates
from pytest_dbops.core.maintenance.tasks import RANKS, Task
from pytest_dbops.core.severity import Severity

_QUIET_BYTES = 1 << 30


class Window(StrEnum):
    """When a step can be run without anybody noticing."""

    ANY_TIME = "any time"
    QUIET = "a quiet hour"
    CLOSED = "a window in which nobody works"


@frozen
class Place:
    """The object a step is about, for statements that look at it: schema and name, its table's where it is an index."""

    schema: str = ""
    name: str = ""
    table: str = ""

    @property
    def relation(self) -> str:
        """The table whose lock counts."""
        return self.table or self.name


NOWHERE = Place()


@frozen
class FileWork:
    """A file of the tool's own that is removed, or that takes the place of another name; paths as text."""

    path: str
    to: str = ""


@frozen
class Step:
    """One step of a plan.

    code, subject, identity: of the finding it answers; empty for one that looks after the tool's own files.
    reason: why, in one line. statements: exactly what is run, in this order; a step without any is advice for a person.
    size_bytes, seconds: about what is read or written and how long it takes; basis: how that is known.
    kept_back: why `auto` leaves it to a person; empty for a step that it runs. note: what else a person should know.
    files, old: what is done to files of the tool's own, and which rows are archived; the statements say it in words.
    """

    task: str
    code: Code
    subject: str
    reason: str
    statements: tuple[str, ...]
    lock: str
    is_blocking: bool
    size_bytes: int
    seconds: float
    basis: str
    window: Window
    rollback: str
    severity: Severity
    kept_back: str = ""
    note: str = ""
    identity: str = ""
    place: Place = NOWHERE
    files: tuple[FileWork, ...] = ()
    old: OldRows | None = None

    @property
    def runs_alone(self) -> bool:
        """Whether `auto` runs it."""
        return not self.kept_back

    def is_like(self, other: Step) -> bool:
        """Tell whether it is the same kind of step for the same object, as another snapshot may ask for again."""
        return (self.task, self.code, self.subject, self.identity) == (
            other.task, other.code, other.subject, other.identity
        )  # fmt: skip


def step_for(
    task: Task, finding: Finding, statements: Iterable[str], *, rates: Rates, size_bytes: int = 0, rollback: str,
    place: Place = NOWHERE, note: str = "", is_blocking: bool | None = None, lock: str = "", old: OldRows | None = None,
) -> Step:  # fmt: skip
    """Return the step that answers a finding; what is not said otherwise is that of its kind."""
    blocks = task.is_blocking if is_blocking is None else is_blocking
    seconds, basis = rates.estimate(task, size_bytes)
    return Step(
        task.name, finding.code, finding.subject, finding.message, tuple(statements), lock or task.lock, blocks,
        size_bytes, seconds, basis, _window(size_bytes, blocks=blocks), rollback, finding.severity or Severity.INFO,
        kept_back=_kept_back(task, blocks=blocks), note=note, identity=finding.identity, place=place, old=old,
    )  # fmt: skip


def kept_back(step: Step, why: str) -> Step:
    """Return a step that a person has to run, for a reason of its own."""
    return replace(step, kept_back=step.kept_back or why)


def by_benefit(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps in the order of their benefit: what hurts most first; of equals what costs least."""
    return tuple(
        sorted(steps, key=lambda each: (-each.severity, RANKS[each.task], each.seconds, each.subject, each.identity))
    )


def _kept_back(task: Task, *, blocks: bool) -> str:
    if task.kept_back:
        return task.kept_back
    return "others wait for it: choose the moment" if blocks else ""


def _window(size: int, *, blocks: bool) -> Window:
    if blocks:
        return Window.CLOSED
    return Window.QUIET if size >= _QUIET_BYTES else Window.ANY_TIME
