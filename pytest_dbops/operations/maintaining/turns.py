"""One step's turn: written down, run as often as somebody is in its way, measured, written down again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_dbops.config.model import Config
from pytest_dbops.core.deploy.journal import Entry, Event
from pytest_dbops.core.environment import Environment
from pytest_dbops.core.errors import Blocked, CannotJudge, DbopsError, Unreachable
from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.outcome import DoneStep, Fate
from pytest_dbops.core.maintenance.step import Step
from pytest_dbops.core.maintenance.worker import InTheWay, OutOfTime, Patience, Worker
from pytest_dbops.migrating.deploying.beside import Beside
from pytest_dbops.operations.child import Progress
from pytest_dbops.operations.maintaining.archiving import archive_rows
from pytest_dbops.operations.maintaining.journal import begun_detail, ended_detail
from pytest_dbops.operations.maintaining.looking import Look, look
from pytest_dbops.operations.maintaining.own_files import clean, cleaning
from pytest_dbops.operations.maintaining.plan import MaintenanceRequest
from pytest_dbops.operations.maintaining.planning import steps_for

_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
_COUNTED_LATE = (15, 0)
"""Before this version a server shows what was counted up to half a second late (PostgreSQL 14 manual, "Viewing
Statistics")."""
_LATE_S, _LOOK_AGAIN_S = 1.5, 0.25


@dataclass(slots=True)
class Budget:
    """The time that a run has left, and how patient each step is."""

    time_s: float
    lock_s: float
    concurrent_s: float
    attempts: int
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        self.began = self.clock()

    @property
    def left_s(self) -> float:
        """Seconds that are left; 0 when the time is up."""
        return max(0.0, self.time_s - (self.clock() - self.began))

    def patience(self) -> Patience:
        """Return how long the next statement may take."""
        return Patience(self.lock_s, min(self.concurrent_s, self.left_s), self.left_s)


@frozen
class Turns:
    """What all steps of one run share."""

    config: Config
    request: MaintenanceRequest
    environment: Environment
    run: str
    beside: Beside
    worker: Worker
    budget: Budget
    progress: Progress

    def take(self, step: Step, done: list[DoneStep]) -> None:
        """Let a step have its turn and add what became of it; raises what ends the whole run."""
        left_s = self.budget.left_s
        if left_s <= 0 or step.seconds > left_s:
            why = f"about {step.seconds:.1f} s are needed, {left_s:.1f} s of the budget are left (--budget SECONDS)"
            done.append(DoneStep(step, Fate.NOT_RUN, step.reason, why=why))
            return
        self.progress(f"{step.task} {step.subject}")
        self.beside.prove(f"step {step.task} of {step.subject!r}")
        self._write(Event.STEP, begun_detail(step))
        began = time.monotonic()
        try:
            fate, why, attempts = self._attempt(step)
        except Unreachable as err:
            done.append(DoneStep(step, Fate.FAILED, step.reason, why=str(err), attempts=1))
            raise
        result = DoneStep(
            step, fate, step.reason, why=why, duration_s=time.monotonic() - began, attempts=attempts
        )  # fmt: skip
        if fate is Fate.DONE:
            result = self._measured(result)
        done.append(result)
        self._write(Event.STEP_ENDED, ended_detail(result))

    def _attempt(self, step: Step) -> tuple[Fate, str, int]:
        pauses = random.Random()
        for attempt in range(1, self.budget.attempts + 1):
            if not self.worker.is_needed(step):
                return Fate.NOT_NEEDED, "it was gone, or mended, when its turn came", attempt - 1
            try:
                return Fate.DONE, self._work(step), attempt
            except OutOfTime as err:
                return Fate.PUT_OFF, str(err), attempt
            except InTheWay as err:
                pause_s = pauses.uniform(0, min(_LONGEST_PAUSE_S, _PAUSE_S * 2**attempt))
                if attempt == self.budget.attempts or self.budget.left_s <= pause_s:
                    return Fate.PUT_OFF, str(err), attempt
                self.progress(f"{step.task} {step.subject}: {err}")
                time.sleep(pause_s)
            except Unreachable:
                raise
            except DbopsError as err:
                return Fate.FAILED, str(err), attempt
        raise AssertionError("unreachable")

    def _work(self, step: Step) -> str:
        """Do what a step is for; returns what is to be told of it beside what its check says."""
        if step.files:
            try:
                clean(step)
            except OSError as err:
                raise Blocked(f"{err.filename!r}: {err.strerror}") from err
            return ""
        if step.old is not None:
            folder = self.config.root / ".dbops" / "archives" / self.environment.name
            done = archive_rows(
                self.worker, step.old, folder, self.run, self.budget.patience(), lambda: self.budget.left_s
            )
            kept = f", {done.copied - done.deleted} have changed meanwhile" if done.deleted < done.copied else ""
            shown = done.file.relative_to(self.config.root)
            return f"{done.copied} rows are in {shown} (sha256 {done.sha256}), {done.deleted} deleted here{kept}"
        self.worker.run(step, self.budget.patience())
        return ""

    def _measured(self, done: DoneStep) -> DoneStep:
        """Return the step with what its check says now."""
        deadline = time.monotonic() + _LATE_S
        while True:
            fate, after, is_late = self._asked_again(done.step)
            if fate is not Fate.NOT_BETTERED or not is_late or time.monotonic() > deadline:
                return DoneStep(
                    done.step, fate, done.before, after, done.why, done.duration_s, done.attempts
                )  # fmt: skip
            time.sleep(_LOOK_AGAIN_S)

    def _asked_again(self, step: Step) -> tuple[Fate, str, bool]:
        """Return how the check answers now, and whether the server may be telling of a moment ago."""
        if step.files:
            left = cleaning(self.config, self.environment.name, now=self.request.now)
            if left is None or not {*left.files} & {*step.files}:
                return Fate.DONE, "they are gone", False
            return Fate.NOT_BETTERED, left.reason, False
        archives = (step.old.rule,) if step.old else ()
        asked = Look(self.config, self.environment, self.request.now, self.request.cost, archives)
        try:
            seen = look(asked, {step.code})
        except Unreachable:
            raise
        except CannotJudge as err:
            return Fate.UNJUDGED, str(err), False
        is_late = self.environment.dialect == "postgresql" and seen.identity.version < _COUNTED_LATE
        again = next((each for each in steps_for(seen) if each.is_like(step)), None)
        if again is None and step.code in seen.unjudged_codes:
            return Fate.UNJUDGED, next(each for each in seen.unjudged if each.startswith(step.code)), False
        if again is None:
            return Fate.DONE, f"{step.code} finds nothing there" if step.code else "there are none any more", False
        return Fate.BETTERED if _is_less(again, step) else Fate.NOT_BETTERED, again.reason, is_late

    def _write(self, event: Event, detail: str) -> None:
        self.beside.write(Entry(self.run, event, actor=self.request.actor, detail=detail))


def _is_less(again: Step, step: Step) -> bool:
    """Tell whether a check is less unhappy than before, though not content."""
    if step.old is not None and again.old is not None:
        return again.old.rows < step.old.rows
    return again.severity < step.severity
