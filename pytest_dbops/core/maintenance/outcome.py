"""What became of each step of a run of maintenance."""

from __future__ import annotations

from enum import StrEnum

from pytest_dbops.core.frozen import frozen
from pytest_dbops.core.maintenance.step import Step


class Fate(StrEnum):
    """How a step ended.

    DONE: its check finds nothing there any more. BETTERED: it finds less. NOT_BETTERED: it finds what it found before.
    UNJUDGED: it ran, and its check could not be asked again. NOT_NEEDED: what it was for was gone when its turn came.
    PUT_OFF: somebody was in its way, or its time was up; nothing of it is left. FAILED: the server refused it.
    NOT_RUN: it was not begun.
    """

    DONE = "done"
    BETTERED = "bettered"
    NOT_BETTERED = "not bettered"
    UNJUDGED = "not judged"
    NOT_NEEDED = "not needed"
    PUT_OFF = "put off"
    FAILED = "failed"
    NOT_RUN = "not run"


@frozen
class DoneStep:
    """One step after its turn: before and after are what its check said; why: what kept it from being done."""

    step: Step
    fate: Fate
    before: str
    after: str = ""
    why: str = ""
    duration_s: float = 0.0
    attempts: int = 0
